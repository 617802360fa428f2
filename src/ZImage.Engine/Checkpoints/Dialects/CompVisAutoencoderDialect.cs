namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>The autoencoder with the names of the latent diffusion code, as in <c>ae.safetensors</c>. These are the canonical names.</summary>
internal sealed class CompVisAutoencoderDialect : TensorDialect
{
    public override string Name => "CompVis";

    public override ComponentKind Kind => ComponentKind.Autoencoder;

    public override IReadOnlyList<string> Prefixes => ["", "first_stage_model.", "vae."];

    // Older autoencoders of the same make have one more convolution on either side.
    public override IReadOnlyList<string> Contradictions => ["post_quant_conv."];

    public override IReadOnlyList<string> Signature => ["decoder.mid.block_1.", "decoder.up.*.block."];
}
