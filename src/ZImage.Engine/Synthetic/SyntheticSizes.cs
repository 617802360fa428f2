using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>Sizes of the three models that are made of random weights.</summary>
/// <param name="Layers">Blocks of the transformer over image and caption together.</param>
/// <param name="Refiners">Blocks over the image alone, and as many over the caption alone.</param>
/// <param name="Dim">Width of the transformer.</param>
/// <param name="Heads">Heads of the transformer.</param>
/// <param name="TextLayers">Blocks of the text encoder, the last of which is never used; at least 2.</param>
/// <param name="Hidden">Width of the text encoder.</param>
/// <param name="TextFeedForward">Width of its feed-forward part.</param>
/// <param name="TextHeads">Its query heads.</param>
/// <param name="TextKvHeads">Its key/value heads.</param>
/// <param name="TextHeadDim">Width of its heads.</param>
/// <param name="Vocabulary">Rows of its embedding table.</param>
/// <param name="Channels">Channels of the autoencoder at full resolution, a multiple of 32.</param>
public sealed record SyntheticSizes(
    int Layers, int Refiners, int Dim, int Heads, int TextLayers, int Hidden, int TextFeedForward, int TextHeads, int TextKvHeads, int TextHeadDim, int Vocabulary, int Channels)
{
    /// <summary>The published model: 6 billion weights in the transformer, 4 in the text encoder.</summary>
    public static SyntheticSizes Full { get; } = new(30, 2, 3840, 30, 36, 2560, 9728, 32, 8, 128, 151936, 128);

    /// <summary>Some megabytes, to try something out: it says nothing of how fast the model is.</summary>
    public static SyntheticSizes Tiny { get; } = new(3, 1, 256, 2, 3, 128, 256, 4, 2, 64, 512, 32);

    /// <summary>Channels of the autoencoder's encoder, which draws nothing; as many as the decoder has unless they are given.</summary>
    public int? EncoderChannels { get; init; }

    /// <summary>Bytes of all weights.</summary>
    public long Bytes => ComponentKinds.All.Sum(kind => TensorsOf(kind).Sum(tensor => tensor.Bytes));

    /// <summary>Bytes as a share of those of the published model.</summary>
    public double Scale => this == Full ? 1 : (double)Bytes / Full.Bytes;

    /// <summary>
    /// The largest sizes of at most so many bytes: first layers are left out, of transformer and text encoder alike, so that what is left computes
    /// and moves as the published model does. Below one layer there is <see cref="Tiny"/>, whatever it takes.
    /// </summary>
    public static SyntheticSizes Within(long bytes)
        => Enumerable.Range(1, Full.Layers).Reverse().Select(Cut).FirstOrDefault(sizes => sizes.Bytes <= bytes) ?? Tiny;

    /// <summary>The largest sizes whose <see cref="Scale"/> is at most this.</summary>
    public static SyntheticSizes OfScale(double scale) => Within((long)(Full.Bytes * scale));

    internal IReadOnlyList<SyntheticTensor> TensorsOf(ComponentKind kind) => kind switch
    {
        ComponentKind.Transformer => new SyntheticTransformer(this).Tensors,
        ComponentKind.TextEncoder => new SyntheticTextEncoder(this).Tensors,
        _ => new SyntheticAutoencoder(this).Tensors,
    };

    private static SyntheticSizes Cut(int layers)
        => Full with { Layers = layers, TextLayers = Math.Max(2, (Full.TextLayers * layers + Full.Layers / 2) / Full.Layers) };
}

/// <summary>One tensor of random weights.</summary>
/// <param name="Name">As published files name it.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">ggml's order, fastest axis first.</param>
/// <param name="Mean">Mean of its values; 0 for all but those in single precision.</param>
/// <param name="Deviation">Standard deviation of its values.</param>
internal sealed record SyntheticTensor(string Name, GgmlType Type, long[] Shape, float Mean, float Deviation)
{
    public long Bytes => Type.RowBytes(Shape[0]) * Shape.Skip(1).Aggregate(1L, (rows, size) => rows * size);
}
