using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// A convolution layer: kernel [KW, KH, IC, OC] and bias [OC] over [W, H, IC], as a matrix product over gathered patches (im2col).
/// A large image is cut into strips of full width, so that the patches never take more than a bounded amount of memory; the sums are the
/// same but for the order of additions.
/// </summary>
internal sealed class Convolution
{
    private readonly Tensor _kernel, _bias;

    public Convolution(ModelWeights weights, Block block, string name, int size, long inputs, long outputs)
    {
        // A 1x1 convolution may be stored as a matrix.
        bool matrix = size == 1 && weights.File.Find(name + ".weight") is { } stored && stored.Ne(0) == inputs && inputs > 1;
        _kernel = matrix
            ? weights.Require(block, name + ".weight", WeightUse.Kernel, inputs, outputs)
            : weights.Require(block, name + ".weight", WeightUse.Kernel, size, size, inputs, outputs);
        _bias = weights.Require(block, name + ".bias", WeightUse.Vector, outputs);
        (Size, Inputs, Outputs) = (size, inputs, outputs);
    }

    /// <summary>Most bytes of gathered patches at a time.</summary>
    internal long MaxPatchBytes { get; init; } = 256L << 20;

    public int Size { get; }

    public long Inputs { get; }

    public long Outputs { get; }

    /// <summary>[W, H, IC] -> [W / stride, H / stride, OC]; edges are padded with zeros to keep the size unless <paramref name="padding"/> says otherwise.</summary>
    /// <param name="c">Context of the graph.</param>
    /// <param name="x">The image times <paramref name="factor"/>.</param>
    /// <param name="stride">Pixels from one patch to the next.</param>
    /// <param name="padding">Zeros at each edge; null for half the kernel.</param>
    /// <param name="factor">What the image was multiplied by to fit the range of F16; the sums are divided by it.</param>
    public Tensor Build(Context c, Tensor x, int stride = 1, int? padding = null, float factor = 1)
    {
        int pad = padding ?? Size / 2;
        long width = (x.Ne(0) + 2 * pad - Size) / stride + 1, height = (x.Ne(1) + 2 * pad - Size) / stride + 1;
        long rowBytes = width * Size * Size * Inputs * _kernel.Type.BlockBytes();
        long rows = Math.Clamp(MaxPatchBytes / rowBytes, 1, height);

        var strips = new List<Tensor>();
        for (long first = 0; first < height; first += rows)
            strips.Add(Strip(c, x, stride, pad, width, first, Math.Min(rows, height - first), height));
        Tensor sums = c.Concat(strips, 1);
        if (factor != 1)
            sums = c.Scale(sums, 1 / factor);
        return c.Add(sums, c.Reshape(_bias, 1, 1, Outputs));
    }

    /// <summary>The factor that an image without a norm before it needs on a device; 1 where none.</summary>
    public float FactorFor(Backend backend) => HalfRange.FactorFor(backend, _kernel.Type);

    // Output rows [first, first + count).
    private Tensor Strip(Context c, Tensor x, int stride, int pad, long width, long first, long count, long height)
    {
        int padRows = pad;
        if (count < height)
        {
            // The rows this strip needs, with zeros only at the edges of the whole image.
            long top = first * stride - pad, bottom = (first + count - 1) * stride - pad + Size;
            long from = Math.Max(top, 0), to = Math.Min(bottom, x.Ne(1));
            x = c.Cont(c.Rows(x, from, to - from));
            if (from > top || to < bottom)
                x = c.Pad(x, 0, 0, (int)(from - top), (int)(bottom - to));
            padRows = 0;
        }
        Tensor kernel = c.Reshape(_kernel, Size, Size, Inputs, Outputs);
        Tensor patches = c.Im2Col(kernel, x, stride, pad, padRows, _kernel.Type);
        patches = c.Reshape(patches, patches.Ne(0), width * count);
        return c.Reshape(c.MulMat(patches, c.Reshape(kernel, Size * Size * Inputs, Outputs)), width, count, Outputs);
    }
}
