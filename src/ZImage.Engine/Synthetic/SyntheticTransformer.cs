using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>The Z-Image transformer, q, k and v in one matrix, as in the files of ComfyUI.</summary>
internal sealed class SyntheticTransformer : SyntheticComponent
{
    private const int Patch = 2 * 2 * SyntheticAutoencoder.LatentChannels;
    private const int TimeFrequencies = 256;
    private const int Multiple = 256;

    public SyntheticTransformer(SyntheticSizes sizes)
    {
        long dim = sizes.Dim, headDim = dim / sizes.Heads, feedForward = (dim * 8 / 3 + Multiple - 1) / Multiple * Multiple;
        long time = Math.Min(dim, TimeFrequencies), timeHidden = Math.Min(dim, 1024);

        Norm("cap_embedder.0", sizes.Hidden);
        Matrix("cap_embedder.1", sizes.Hidden, dim, bias: 0.02f);
        Add("cap_pad_token", GgmlType.F32, [dim, 1], 0, 0.5f);
        Blocks("context_refiner", sizes.Refiners, modulated: false);
        Matrix("final_layer.adaLN_modulation.1", time, dim, gain: 0.3f, bias: 0.1f);
        Matrix("final_layer.linear", dim, Patch, bias: 0.02f);
        Blocks("layers", sizes.Layers, modulated: true);
        Blocks("noise_refiner", sizes.Refiners, modulated: true);
        Matrix("t_embedder.mlp.0", TimeFrequencies, timeHidden, bias: 0.02f);
        Matrix("t_embedder.mlp.2", timeHidden, time, gain: 2, bias: 0.02f);
        Matrix("x_embedder", Patch, dim, bias: 0.02f);
        Add("x_pad_token", GgmlType.F32, [dim, 1], 0, 0.5f);

        void Blocks(string stack, int count, bool modulated)
        {
            for (int i = 0; i < count; i++)
            {
                string block = $"{stack}.{i}.";
                if (modulated)
                    Matrix(block + "adaLN_modulation.0", time, 4 * dim, gain: 0.3f, bias: 0.3f);
                Norm(block + "attention_norm1", dim);
                Norm(block + "attention_norm2", dim);
                Norm(block + "attention.q_norm", headDim);
                Norm(block + "attention.k_norm", headDim);
                Matrix(block + "attention.qkv", dim, 3 * dim);
                Matrix(block + "attention.out", dim, dim);
                Norm(block + "ffn_norm1", dim);
                Norm(block + "ffn_norm2", dim);
                Matrix(block + "feed_forward.w1", dim, feedForward);
                Matrix(block + "feed_forward.w2", feedForward, dim);
                Matrix(block + "feed_forward.w3", dim, feedForward);
            }
        }
    }

    protected override void Describe(GgufWriter writer)
    {
        writer.AddMetadata("general.architecture", "lumina2");
        writer.AddMetadata("general.name", "synthetic Z-Image Turbo");
        writer.AddMetadata("general.quantization_version", 2u);
    }
}
