using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// A convolution layer: kernel [KW, KH, IC, OC] and bias [OC] over [W, H, IC], as a matrix product over gathered patches (im2col).
/// </summary>
internal sealed class Convolution
{
    private readonly Tensor _kernel, _bias;

    public Convolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
    {
        int size = reach.Size;
        // A 1x1 convolution may be stored as a matrix.
        bool matrix = size == 1 && weights.File.Find(name + ".weight") is { } stored && stored.Ne(0) == inputs && inputs > 1;
        _kernel = matrix
            ? weights.Require(block, name + ".weight", WeightUse.Kernel, inputs, outputs)
            : weights.Require(block, name + ".weight", WeightUse.Kernel, size, size, inputs, outputs);
        _bias = weights.Require(block, name + ".bias", WeightUse.Vector, outputs);
        (Reach, Inputs, Outputs) = (reach, (int)inputs, (int)outputs);
    }

    public KernelReach Reach { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>F16 or F32.</summary>
    public GgmlType Type => _kernel.Type;

    /// <summary>Bytes that computing one row of the result takes beside the result.</summary>
    public long RowBytes(int imageWidth)
    {
        long width = Reach.Results(imageWidth), patch = (long)Reach.Size * Reach.Size * Inputs * Type.BlockBytes();
        return width * patch + (long)imageWidth * Reach.Enlargement * Reach.Stride * Inputs * sizeof(float) + width * Outputs * sizeof(float);
    }

    /// <summary>The factor that an image without a norm before it needs on a device; 1 where none.</summary>
    public float FactorFor(Backend backend) => HalfRange.FactorFor(backend, Type);

    /// <summary>A strip of the result: [W, rows.Count, IC] -> [W', count, OC].</summary>
    /// <param name="c">Context of the graph.</param>
    /// <param name="x">The rows of the image that the strip comes from, times <paramref name="factor"/>; contiguous.</param>
    /// <param name="rows">Which they are.</param>
    /// <param name="factor">What the image was multiplied by to fit the range of F16; the sums are divided by it.</param>
    public Tensor Build(Context c, Tensor x, RowWindow rows, float factor = 1)
    {
        if (Reach.Enlargement > 1)
        {
            x = c.UpscaleNearest(x, Reach.Enlargement);
            if (rows.Kept < x.Ne(1))
                x = c.Cont(c.Rows(x, rows.Skipped, rows.Kept));
        }
        // Zeros that lie on both sides alike are gathered without being stored.
        (int left, int right, int paddingX) = Reach.Before == Reach.After ? (0, 0, Reach.Before) : (Reach.Before, Reach.After, 0);
        (int above, int below, int paddingY) = rows.Above == rows.Below ? (0, 0, rows.Above) : (rows.Above, rows.Below, 0);
        if (left + right + above + below > 0)
            x = c.Pad(x, left, right, above, below);
        return c.Add(Rescale(c, Product(c, x, paddingX, paddingY), factor), c.Reshape(_bias, 1, 1, Outputs));
    }

    /// <summary>The pixels of an image as columns, for 1x1 convolutions: [W, H, C] -> [C, W * H] of a type.</summary>
    public static Tensor Columns(Context c, Tensor x, GgmlType type)
    {
        Tensor columns = c.Cont(c.Permute(c.Reshape(x, x.Ne(0) * x.Ne(1), x.Ne(2)), 1, 0, 2, 3));
        return Cast(c, columns, type);
    }

    /// <summary>A 1x1 convolution of columns [IC, N]: [OC, N].</summary>
    public Tensor BuildColumns(Context c, Tensor columns)
        => c.Add(c.MulMat(c.Reshape(_kernel, Inputs, Outputs), Cast(c, columns, Type)), _bias);

    /// <summary>A 1x1 convolution of columns [IC, N], which were multiplied by a factor: [N, OC].</summary>
    public Tensor BuildPlanes(Context c, Tensor columns, float factor = 1)
        => c.Add(Rescale(c, c.MulMat(Cast(c, columns, Type), c.Reshape(_kernel, Inputs, Outputs)), factor), c.Reshape(_bias, 1, Outputs));

    private Tensor Product(Context c, Tensor x, int paddingX, int paddingY)
    {
        int size = Reach.Size;
        Tensor kernel = c.Reshape(_kernel, size, size, Inputs, Outputs);
        Tensor patches = c.Im2Col(kernel, x, Reach.Stride, paddingX, paddingY, Type);
        (long width, long height) = (patches.Ne(1), patches.Ne(2));
        patches = c.Reshape(patches, patches.Ne(0), width * height);
        return c.Reshape(c.MulMat(patches, c.Reshape(kernel, size * size * Inputs, Outputs)), width, height, Outputs);
    }

    private static Tensor Rescale(Context c, Tensor sums, float factor) => factor == 1 ? sums : c.Scale(sums, 1 / factor);

    private static Tensor Cast(Context c, Tensor x, GgmlType type) => x.Type == type ? x : c.Cast(x, type);
}
