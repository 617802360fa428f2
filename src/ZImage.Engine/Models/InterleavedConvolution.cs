using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>A 1x1 convolution over [IC, W, H]: a matrix product as it stands.</summary>
internal sealed class InterleavedProjection(ModelWeights weights, Block block, string name, long inputs, long outputs)
    : Convolution(StoredKernel(weights, block, name, 1, inputs, outputs), StoredBias(weights, block, name, outputs), KernelReach.Around(1), inputs, outputs)
{
    public override int Nodes => 8;

    public override long RowBytes(int imageWidth) => (long)imageWidth * Outputs * sizeof(float);

    /// <summary>[IC, W, n] -> [OC, W, n]. The image may be moved, so there must be no view of it.</summary>
    public override Tensor Build(Context c, Tensor x, RowWindow rows, float factor = 1, bool isDirect = false) => BuildColumns(c, x, factor);
}

/// <summary>
/// A 3x3 convolution over [IC, W, H] by a <see cref="FilterAlgorithm"/> along both axes: sums of pixels, a matrix product for each pair of
/// components, sums of products. Its kernel is transformed at load, and is F32, so that no image needs a factor.
/// </summary>
internal sealed class InterleavedConvolution : Convolution
{
    private readonly FilterAlgorithm _algorithm;

    public InterleavedConvolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
        : this(weights, block, name, FilterAlgorithm.For(reach), reach, inputs, outputs)
    {
    }

    private InterleavedConvolution(ModelWeights weights, Block block, string name, FilterAlgorithm algorithm, KernelReach reach, long inputs, long outputs)
        : base(weights.Require(block, name + ".weight", new FilterKernel(algorithm, (int)inputs, (int)outputs), 3, 3, inputs, outputs), StoredBias(weights, block, name, outputs), reach, inputs, outputs)
        => _algorithm = algorithm;

    // Sums of pixels, products and sums of those, each with its views.
    public override int Nodes => 20 * _algorithm.Components * _algorithm.Components;

    // Pixels padded, summed along one axis and along both; products, and their sums along one axis and along both.
    public override long RowBytes(int imageWidth)
        => 5L * sizeof(float) * (Inputs * imageWidth * Reach.Stride / Reach.Enlargement + Outputs * Reach.Results(imageWidth));

    /// <summary>[IC, W, rows.Count] -> [OC, W', count]. A strip begins where a tile does.</summary>
    public override Tensor Build(Context c, Tensor x, RowWindow rows, float factor = 1, bool isDirect = false)
    {
        int width = Reach.Results((int)x.Ne(1)), height = (rows.Above + rows.Kept + rows.Below - Reach.Size) / Reach.Stride + 1;
        int across = _algorithm.Tiles(width), down = _algorithm.Tiles(height), components = _algorithm.Components;
        Tensor padded = Padded(c, x, rows, _algorithm.Covered(across), _algorithm.Covered(down));
        Tensor[] vertical = [.. _algorithm.Pixels.Select(terms => FilterAlgorithm.Sum(c, terms, row => RowsFrom(c, padded, row, down)))];
        var sums = new Tensor[_algorithm.Results.Length, components];
        for (int b = 0; b < components; b++)
        {
            int component = b;
            Tensor[] products = [.. Enumerable.Range(0, components).Select(a => Product(c, vertical[a], a, component, across, down))];
            for (int r = 0; r < _algorithm.Results.Length; r++)
                sums[r, b] = FilterAlgorithm.Sum(c, _algorithm.Results[r], a => products[a]);
        }
        Tensor result = c.NewTensor(GgmlType.F32, Outputs, width, height);
        for (int r = 0; r < _algorithm.Results.Length; r++)
        {
            for (int s = 0; s < _algorithm.Results.Length; s++)
            {
                int row = r;
                Tensor values = FilterAlgorithm.Sum(c, _algorithm.Results[s], b => sums[row, b]);
                result = Interleave(c, result, c.Reshape(values, Outputs, across, down), r, s);
            }
        }
        return result;
    }

    // Zeros around the rows of the image, up to so many pixels.
    private Tensor Padded(Context c, Tensor x, RowWindow rows, int width, int height)
    {
        Tensor zeros = c.Filled(0, Inputs, width, height);
        return c.Set(zeros, x, zeros.Nb(1), zeros.Nb(2), Reach.Before * zeros.Nb(1) + rows.Above * zeros.Nb(2));
    }

    // Row i of every tile: [IC * W, tiles].
    private Tensor RowsFrom(Context c, Tensor padded, int row, int tiles)
    {
        long step = _algorithm.Step * padded.Nb(2);
        return c.View(padded, padded.Ne(0) * padded.Ne(1), tiles, 1, 1, step, step * tiles, step * tiles, row * padded.Nb(2));
    }

    // [OC, tiles] of a pair of components.
    private Tensor Product(Context c, Tensor rows, int a, int b, int across, int down)
    {
        Tensor Column(int column) => c.View(rows, Inputs, across, down, 1, _algorithm.Step * Inputs * sizeof(float), rows.Nb(1), rows.Nb(1) * down, column * Inputs * sizeof(float));
        Tensor pixels = FilterAlgorithm.Sum(c, _algorithm.Pixels[b], Column);
        if (_algorithm.Pixels[b].Length == 1)
            pixels = c.Cont(pixels);
        Tensor matrix = c.View(Kernel, Inputs, Outputs, 1, 1, Kernel.Nb(1), Kernel.Nb(2), Kernel.Nb(2), (a * _algorithm.Components + b) * Kernel.Nb(2));
        Tensor product = c.MulMat(matrix, c.Reshape(pixels, Inputs, across * down));
        // This pair is part of every result.
        return a == 1 && b == 1 ? c.Add(product, Bias) : product;
    }

    // Result (r, s) of every tile takes its place among the others; of the last tiles some may lie outside.
    private Tensor Interleave(Context c, Tensor result, Tensor values, int r, int s)
    {
        int results = _algorithm.Results.Length;
        long width = (result.Ne(1) - s + results - 1) / results, height = (result.Ne(2) - r + results - 1) / results;
        if (width <= 0 || height <= 0)
            return result;
        Tensor part = c.View(values, Outputs, width, height, 1, values.Nb(1), values.Nb(2), values.Nb(3), 0);
        return c.Set(result, part, results * result.Nb(1), results * result.Nb(2), r * result.Nb(2) + s * result.Nb(1));
    }
}
