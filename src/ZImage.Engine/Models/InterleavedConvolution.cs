using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>A 1x1 convolution over [IC, W, H]: a matrix product as it stands.</summary>
internal sealed class InterleavedProjection(ModelWeights weights, Block block, string name, long inputs, long outputs)
    : Convolution(StoredKernel(weights, block, name, 1, inputs, outputs), StoredBias(weights, block, name, outputs), KernelReach.Around(1), inputs, outputs)
{
    public override int Nodes => 8;

    public override long RowBytes(int imageWidth) => (long)imageWidth * Outputs * sizeof(float);

    /// <summary>[IC, W, n] -> [OC, W, n]. The image may be moved, so there must be no view of it.</summary>
    public override Tensor Build(Context c, Tensor x, RowWindow rows, Tensor kernel, float factor = 1, bool isDirect = false) => BuildColumns(c, x, factor);
}

/// <summary>A 3x3 convolution over [IC, W, H] by a <see cref="FilterAlgorithm"/>, in F32, so that no image needs a factor.</summary>
internal sealed class InterleavedConvolution : Convolution
{
    private readonly FilterAlgorithm _algorithm;

    public InterleavedConvolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
        : base(StoredKernel(weights, block, name, reach.Size, inputs, outputs), StoredBias(weights, block, name, outputs), reach, inputs, outputs)
        => (_algorithm, Filter) = (FilterAlgorithm.For(reach), new FilterKernel(FilterAlgorithm.For(reach), Kernel));

    public override FilterKernel Filter { get; }

    public override int Nodes => 8;

    // The image normalised, and the result.
    public override long RowBytes(int imageWidth)
        => 2L * sizeof(float) * (Inputs * imageWidth * Reach.Stride / Reach.Enlargement + Outputs * Reach.Results(imageWidth));

    public override float FactorFor(Backend backend) => 1;

    /// <summary>[IC, W, rows.Count] -> [OC, W', count]. A strip begins where a tile does.</summary>
    public override Tensor Build(Context c, Tensor x, RowWindow rows, Tensor kernel, float factor = 1, bool isDirect = false)
    {
        ImageShape image = new((int)x.Ne(1), (int)x.Ne(2), Inputs);
        ImageShape result = new(Reach.Results(image.Width), (rows.Above + rows.Kept + rows.Below - Reach.Size) / Reach.Stride + 1, Outputs);
        return new FilterOperation(_algorithm, image, result, Reach.Before, rows.Above).Build(c, x, kernel, Bias);
    }
}
