using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>A convolution layer: kernel and bias [OC], for images of one <see cref="ImageLayout"/>.</summary>
internal abstract class Convolution
{
    /// <param name="kernel">As stored; F16 or F32.</param>
    /// <param name="bias">[OC].</param>
    /// <param name="reach">Pixels that the kernel sees.</param>
    /// <param name="inputs">IC.</param>
    /// <param name="outputs">OC.</param>
    protected Convolution(Tensor kernel, Tensor bias, KernelReach reach, long inputs, long outputs)
    {
        (Kernel, Bias) = (kernel, bias);
        (Reach, Inputs, Outputs) = (reach, (int)inputs, (int)outputs);
    }

    public KernelReach Reach { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>F16 or F32.</summary>
    public GgmlType Type => Kernel.Type;

    /// <summary>Most operations of <see cref="Build"/>, views included.</summary>
    public abstract int Nodes { get; }

    /// <summary>As stored; F16 or F32.</summary>
    public Tensor Kernel { get; }

    /// <summary>The kernel in the form that the convolution multiplies with, which is made anew where it is computed; null where it is used as it is stored.</summary>
    public virtual FilterKernel? Filter => null;

    protected Tensor Bias { get; }

    /// <summary>About the bytes that computing one row of the result takes beside the result.</summary>
    public abstract long RowBytes(int imageWidth);

    /// <summary>The factor that an image without a norm before it needs on a device; 1 where none.</summary>
    public virtual float FactorFor(Backend backend) => HalfRange.FactorFor(backend, Type);

    /// <summary>A strip of the result.</summary>
    /// <param name="c">Context of the graph.</param>
    /// <param name="x">The rows of the image that the strip comes from, times <paramref name="factor"/>; contiguous.</param>
    /// <param name="rows">Which they are.</param>
    /// <param name="kernel">Its <see cref="Kernel"/>, or its <see cref="Filter"/> where that lies.</param>
    /// <param name="factor">What the image was multiplied by to fit the range of F16; the sums are divided by it.</param>
    /// <param name="isDirect">Whether a planar image is convolved without gathered patches; see <see cref="ConvolutionPath"/>.</param>
    /// <returns>Contiguous.</returns>
    public abstract Tensor Build(Context c, Tensor x, RowWindow rows, Tensor kernel, float factor = 1, bool isDirect = false);

    /// <summary>A 1x1 convolution of columns [IC, N], which were multiplied by a factor: [OC, N].</summary>
    public Tensor BuildColumns(Context c, Tensor columns, float factor = 1)
        => c.Add(Rescale(c, c.MulMat(c.Reshape(Kernel, Inputs, Outputs), Cast(c, columns, Type)), factor), Bias);

    /// <summary>A 1x1 convolution of columns [IC, N], which were multiplied by a factor: [N, OC].</summary>
    public Tensor BuildPlanes(Context c, Tensor columns, float factor = 1)
        => c.Add(Rescale(c, c.MulMat(Cast(c, columns, Type), c.Reshape(Kernel, Inputs, Outputs)), factor), c.Reshape(Bias, 1, Outputs));

    /// <summary>x as a type.</summary>
    public static Tensor Cast(Context c, Tensor x, GgmlType type) => x.Type == type ? x : c.Cast(x, type);

    protected static Tensor Rescale(Context c, Tensor sums, float factor) => factor == 1 ? sums : c.Scale(sums, 1 / factor);

    /// <summary>The kernel as it is stored: [KW, KH, IC, OC], or for 1x1 perhaps a matrix [IC, OC].</summary>
    protected static Tensor StoredKernel(ModelWeights weights, Block block, string name, int size, long inputs, long outputs)
    {
        bool matrix = size == 1 && weights.File.Find(name + ".weight") is { } stored && stored.Ne(0) == inputs && inputs > 1;
        return matrix
            ? weights.Require(block, name + ".weight", WeightUse.Kernel, inputs, outputs)
            : weights.Require(block, name + ".weight", WeightUse.Kernel, size, size, inputs, outputs);
    }

    protected static Tensor StoredBias(ModelWeights weights, Block block, string name, long outputs) => weights.Require(block, name + ".bias", WeightUse.Vector, outputs);
}
