using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Models;

/// <summary>Sizes of a Z-Image transformer, from its tensors.</summary>
/// <param name="Dim">Width of the residual stream.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="Layers">Blocks over image and caption together.</param>
/// <param name="NoiseRefiners">Blocks over the image alone.</param>
/// <param name="ContextRefiners">Blocks over the caption alone.</param>
/// <param name="FeedForward">Width of the feed-forward part.</param>
/// <param name="CaptionDim">Width of the text encoder's hidden state.</param>
/// <param name="TimeDim">Width of the time embedding.</param>
/// <param name="TimeHidden">Width inside the time embedder.</param>
/// <param name="Channels">Latent channels.</param>
public sealed record TransformerConfig(
    long Dim, long Heads, long KvHeads, long HeadDim, int Layers, int NoiseRefiners, int ContextRefiners,
    long FeedForward, long CaptionDim, long TimeDim, long TimeHidden, int Channels)
{
    /// <summary>A token is a patch of 2 x 2 latent pixels.</summary>
    public const int Patch = 2;

    /// <summary>Image and caption are padded to a multiple of this many tokens.</summary>
    public const int TokenMultiple = 32;

    /// <summary>Width of the sinusoid that the time embedder gets.</summary>
    public const int TimeFrequencies = 256;

    public const float RopeTheta = 256;
    public const float RmsEps = 1e-5f;
    public const float FinalNormEps = 1e-6f;

    /// <summary>Head elements turned by frame, row and column: 1/4, 3/8 and 3/8 of the head.</summary>
    public (int Frame, int Row, int Column) RopeAxes => ((int)HeadDim / 4, (int)HeadDim * 3 / 8, (int)HeadDim * 3 / 8);

    public static TransformerConfig From(ComponentFile file)
    {
        const string First = "layers.0.";
        long dim = file.Require("x_embedder.weight", -1, -1).Ne(1);
        long patchWidth = file.Require("x_embedder.weight", -1, dim).Ne(0);
        long headDim = file.Require(First + "attention.q_norm.weight", -1).Ne(0);
        long outWidth = file.Require(First + "attention.out.weight", -1, dim).Ne(0);
        (string qkvName, long qkvWidth) = QkvWidth(file, First + "attention.", dim);
        long timeDim = file.Require(First + "adaLN_modulation.0.weight", -1, 4 * dim).Ne(0);
        long timeHidden = file.Require("t_embedder.mlp.0.weight", TimeFrequencies, -1).Ne(1);
        long feedForward = file.Require(First + "feed_forward.w1.weight", dim, -1).Ne(1);
        long captionDim = file.Require("cap_embedder.0.weight", -1).Ne(0);

        if (headDim % 16 != 0 || outWidth % headDim != 0)
            throw new TensorShapeMismatchException(file.Path, First + "attention.q_norm.weight", [(headDim + 15) / 16 * 16], [headDim]);
        long kvWidth = (qkvWidth - outWidth) / 2;
        if (kvWidth <= 0 || (qkvWidth - outWidth) % 2 != 0 || kvWidth % headDim != 0 || outWidth / headDim % (kvWidth / headDim) != 0)
            throw new TensorShapeMismatchException(file.Path, qkvName, [dim, 3 * outWidth], [dim, qkvWidth]);
        if (patchWidth % (Patch * Patch) != 0)
            throw new TensorShapeMismatchException(file.Path, "x_embedder.weight", [patchWidth / 4 * 4, dim], [patchWidth, dim]);

        return new TransformerConfig(dim, outWidth / headDim, kvWidth / headDim, headDim,
            file.Blocks("layers."), file.Blocks("noise_refiner."), file.Blocks("context_refiner."),
            feedForward, captionDim, timeDim, timeHidden, (int)(patchWidth / (Patch * Patch)));
    }

    // Rows of q, k and v together, whether the file has them in one matrix or in three.
    private static (string Name, long Width) QkvWidth(ComponentFile file, string attention, long dim)
    {
        if (!file.Has(attention + "q.weight"))
            return (attention + "qkv.weight", file.Require(attention + "qkv.weight", dim, -1).Ne(1));
        long Width(string part) => file.Require($"{attention}{part}.weight", dim, -1).Ne(1);
        return (attention + "k.weight", Width("q") + 2 * Width("k"));
    }

    /// <summary><paramref name="tokens"/> rounded up to a whole number of padded tokens.</summary>
    public static int Padded(int tokens) => (tokens + TokenMultiple - 1) / TokenMultiple * TokenMultiple;
}
