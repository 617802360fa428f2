namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>
/// The transformer with q, k and v stacked in one matrix: the single files of ComfyUI and the GGUF files made from them.
/// These are the canonical names.
/// </summary>
internal sealed class ZImageFusedDialect : TensorDialect
{
    // Scales and markers that quantisers leave beside the weights.
    private static readonly string[] s_sideSuffixes = [".scale_weight", ".weight_scale", ".scale_input", ".input_scale", ".comfy_quant"];

    public override string Name => "fused qkv";

    public override ComponentKind Kind => ComponentKind.Transformer;

    public override IReadOnlyList<string> Prefixes => ["", "model.diffusion_model.", "diffusion_model."];

    // Lumina 2 has a caption embedder of the same name, but another modulation.
    public override IReadOnlyList<string> Signature => ["layers.*.adaLN_modulation.0.", "cap_embedder."];

    // Some files carry a final norm of zeros that the model does not have.
    public override string? Canonical(string stored)
        => stored is "norm_final.weight" or "scaled_fp8" || s_sideSuffixes.Any(suffix => stored.EndsWith(suffix, StringComparison.Ordinal))
            ? null
            : stored;
}
