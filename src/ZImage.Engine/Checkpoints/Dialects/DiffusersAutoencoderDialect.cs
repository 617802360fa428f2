using System.Globalization;
using System.Text.RegularExpressions;

namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>
/// The autoencoder as diffusers names it. Its decoder counts levels from the coarse end, where the canonical names count from the fine one;
/// older files call the attention's matrices <c>query</c>, <c>key</c>, <c>value</c> and <c>proj_attn</c>.
/// </summary>
internal sealed partial class DiffusersAutoencoderDialect : TensorDialect
{
    private static readonly (string Theirs, string Canonical)[] s_names =
    [
        (".conv_norm_out.", ".norm_out."),
        (".conv_shortcut.", ".nin_shortcut."),
        (".upsamplers.0.conv.", ".upsample.conv."),
        (".downsamplers.0.conv.", ".downsample.conv."),
        (".down_blocks.", ".down."),
        (".mid_block.attentions.0.", ".mid.attn_1."),
        (".mid_block.resnets.0.", ".mid.block_1."),
        (".mid_block.resnets.1.", ".mid.block_2."),
        (".resnets.", ".block."),
        (".attn_1.group_norm.", ".attn_1.norm."),
        (".attn_1.to_q.", ".attn_1.q."),
        (".attn_1.to_k.", ".attn_1.k."),
        (".attn_1.to_v.", ".attn_1.v."),
        (".attn_1.to_out.0.", ".attn_1.proj_out."),
        (".attn_1.query.", ".attn_1.q."),
        (".attn_1.key.", ".attn_1.k."),
        (".attn_1.value.", ".attn_1.v."),
        (".attn_1.proj_attn.", ".attn_1.proj_out."),
    ];

    public override string Name => "diffusers";

    public override ComponentKind Kind => ComponentKind.Autoencoder;

    public override IReadOnlyList<string> Prefixes => ["", "first_stage_model.", "vae."];

    // Older autoencoders of the same make have one more convolution on either side.
    public override IReadOnlyList<string> Contradictions => ["post_quant_conv."];

    public override IReadOnlyList<string> Signature => ["decoder.mid_block.resnets.", "decoder.up_blocks.*.resnets."];

    public override Func<string, string?> Mapping(IEnumerable<string> names)
    {
        int last = names.Select(name => UpBlock().Match(name)).Where(match => match.Success).Select(Level).DefaultIfEmpty(0).Max();
        return stored => s_names.Aggregate(
            UpBlock().Replace(stored, match => string.Create(CultureInfo.InvariantCulture, $"decoder.up.{last - Level(match)}.")),
            (name, pair) => name.Replace(pair.Theirs, pair.Canonical, StringComparison.Ordinal));
    }

    private static int Level(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^decoder\.up_blocks\.(\d{1,4})\.", RegexOptions.CultureInvariant)]
    private static partial Regex UpBlock();
}
