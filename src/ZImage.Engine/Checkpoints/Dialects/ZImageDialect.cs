namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>What the dialects of the transformer have in common.</summary>
internal abstract class ZImageDialect : TensorDialect
{
    public sealed override ComponentKind Kind => ComponentKind.Transformer;

    public sealed override IReadOnlyList<string> Prefixes => ["", "model.diffusion_model.", "diffusion_model.", "transformer.", "model."];

    // Some files carry a final norm of zeros that the model does not have.
    public override string? Canonical(string stored) => stored == "norm_final.weight" ? null : stored;
}

/// <summary>
/// The transformer with q, k and v stacked in one matrix: the single files of ComfyUI and the GGUF files made from them.
/// These are the canonical names.
/// </summary>
internal sealed class ZImageFusedDialect : ZImageDialect
{
    public override string Name => "fused qkv";

    // Lumina 2 has a caption embedder of the same name, but another modulation.
    public override IReadOnlyList<string> Signature => ["layers.*.adaLN_modulation.0.", "cap_embedder."];
}

/// <summary>
/// The transformer with q, k and v apart, as diffusers names it; single files also mix these names with those of the other dialect. The three
/// matrices are canonical as <c>attention.q</c>, <c>k</c> and <c>v</c>: stacking them would take a copy of a third of the model.
/// </summary>
internal sealed class ZImageSplitDialect : ZImageDialect
{
    private static readonly (string Theirs, string Canonical)[] s_names =
    [
        ("all_x_embedder.2-1.", "x_embedder."),
        ("all_final_layer.2-1.", "final_layer."),
        (".attention.to_q.", ".attention.q."),
        (".attention.to_k.", ".attention.k."),
        (".attention.to_v.", ".attention.v."),
        (".attention.to_out.0.", ".attention.out."),
        (".attention.norm_q.", ".attention.q_norm."),
        (".attention.norm_k.", ".attention.k_norm."),
    ];

    public override string Name => "diffusers";

    public override IReadOnlyList<string> Signature => ["layers.*.attention.to_q.", "layers.*.adaLN_modulation.0.", "cap_embedder."];

    public override string? Canonical(string stored)
        => s_names.Aggregate(base.Canonical(stored), (name, pair) => name?.Replace(pair.Theirs, pair.Canonical, StringComparison.Ordinal));
}
