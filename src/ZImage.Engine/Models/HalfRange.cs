using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// Where the activations of a product must fit the range of F16, which ends at 65504. On the CPU, F16 weights take F16 activations, and Q4_1
/// and Q5_1 take blocks of Q8_1, which hold the sum of their 32 values as F16; all other types take activations of a wider range. Vulkan takes
/// F16 tiles or Q8_1 whatever the weights are; CUDA takes F16 for few columns, and Q8_1 for quantised weights; both take values of flash
/// attention as F16 and add them up as F16 before they divide by the sum of the weights.
/// </summary>
internal static class HalfRange
{
    // A power of two, so that multiplying by it and by its inverse rounds nothing; it makes the range end at 8.4 million.
    private const float Factor = 1f / 128;

    // Nothing is added to the mean square but what keeps a row of zeros from a division by zero.
    private const float LeastMeanSquare = 1e-30f;

    /// <summary>What to multiply the activations by that meet weights of a type on a device; 1 where their range is wide.</summary>
    public static float FactorFor(Backend backend, GgmlType weights) => Binds(backend, weights) ? Factor : 1;

    /// <summary>x times a factor; x itself where the factor is 1.</summary>
    public static Tensor Scale(Context c, Tensor x, float factor) => factor == 1 ? x : c.Scale(x, factor);

    /// <summary>
    /// weights x activations for rows of any size: where the range is narrow each row is brought to a mean square of 1 and its product is
    /// multiplied back.
    /// </summary>
    /// <param name="c">Context of the graph.</param>
    /// <param name="backend">The device that will compute it.</param>
    /// <param name="weights">[K, M].</param>
    /// <param name="activations">F32 [K, N].</param>
    /// <returns>[M, N].</returns>
    public static Tensor MulMat(Context c, Backend backend, Tensor weights, Tensor activations)
    {
        if (!Binds(backend, weights.Type))
            return c.MulMat(weights, activations);
        Tensor unit = c.RmsNorm(activations, LeastMeanSquare);
        // sum(x * x / rms) = K * rms
        Tensor rms = c.Scale(c.SumRows(c.Mul(activations, unit)), 1f / activations.Ne(0));
        return c.Mul(c.MulMat(weights, unit), rms);
    }

    private static bool Binds(Backend backend, GgmlType weights)
        => backend.Device.Backend != BackendKind.Cpu || weights is GgmlType.F16 or GgmlType.Q4_1 or GgmlType.Q5_1;
}
