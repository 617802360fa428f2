using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// A 3x3 kernel in the form that <see cref="FilterOperation"/> multiplies with: for each pair of a vertical and a horizontal component the matrix of
/// its sums of taps, in panels of <see cref="PanelOutputs"/> output channels. It is made of the stored kernel each time its layer is computed: that
/// takes less than it would to hold those of all layers, which are several times as large.
/// </summary>
/// <param name="algorithm">What multiplies with it.</param>
/// <param name="stored">The kernel as stored: [3, 3, IC, OC], the horizontal axis fastest; F16 or F32.</param>
internal sealed class FilterKernel(FilterAlgorithm algorithm, Tensor stored)
{
    /// <summary>Output channels that lie together; the last panel ends with zeros.</summary>
    public const int PanelOutputs = 16;

    private const int Taps = 3;

    private readonly int _inputs = (int)stored.Ne(2), _outputs = (int)stored.Ne(3);

    /// <summary>Elements of all matrices.</summary>
    public long Elements => (long)PanelOutputs * _inputs * Panels * Pairs;

    private int Panels => (_outputs + PanelOutputs - 1) / PanelOutputs;

    private int Pairs => algorithm.Components * algorithm.Components;

    // Elements of a panel as stored; the last may have fewer.
    private int PanelElements => PanelOutputs * _inputs * Taps * Taps;

    /// <summary>The matrices as they lie in a slot that is large enough: [outputs of a panel, IC, panels, components^2], the horizontal component faster.</summary>
    public Tensor In(Context c, Tensor slot)
    {
        long column = PanelOutputs * sizeof(float), panel = column * _inputs;
        return c.View(slot, PanelOutputs, _inputs, Panels, Pairs, column, panel, panel * Panels, 0);
    }

    /// <summary>The operation that fills a slot with them; its pieces are panels.</summary>
    public Tensor Build(Context c, Tensor slot) => c.CustomTo(new HostOperation(Panels, 0, Compute), In(c, slot), stored);

    private void Compute(HostOperands operands)
    {
        float[] kernels = ArrayPool<float>.Shared.Rent(PanelElements);
        while (operands.Operation.TryTake(out int panel))
        {
            Span<float> own = kernels.AsSpan(0, Math.Min(PanelElements, _outputs * _inputs * Taps * Taps - panel * PanelElements));
            operands.Read(1, panel * PanelElements, own);
            Transform(panel, own, operands.Result);
        }
        ArrayPool<float>.Shared.Return(kernels);
    }

    // Fills in a panel of each matrix from the kernels of its outputs, [3, 3, IC, outputs].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transform(int panel, ReadOnlySpan<float> kernels, Span<float> matrices)
    {
        float[] outputsTogether = ArrayPool<float>.Shared.Rent(PanelElements);
        Transpose(kernels, outputsTogether.AsSpan(0, PanelElements));
        ReadOnlySpan<Vector256<float>> taps = MemoryMarshal.Cast<float, Vector256<float>>(outputsTogether.AsSpan(0, PanelElements));
        Span<Vector256<float>> sums = MemoryMarshal.Cast<float, Vector256<float>>(matrices);

        float[][] factors = algorithm.Taps;
        int inputs = _inputs, components = factors.Length, halves = PanelOutputs / Vector256<float>.Count;
        // Sums along each row of taps.
        Span<Vector256<float>> rows = stackalloc Vector256<float>[Taps * components];
        for (int input = 0; input < inputs; input++)
        {
            for (int half = 0; half < halves; half++)
            {
                ReadOnlySpan<Vector256<float>> kernel = taps[(input * Taps * Taps * halves + half)..];
                for (int y = 0; y < Taps; y++)
                {
                    for (int b = 0; b < components; b++)
                        rows[y * components + b] = Sum(kernel[(y * Taps * halves)..], halves, factors[b]);
                }
                for (int a = 0; a < components; a++)
                {
                    for (int b = 0; b < components; b++)
                        sums[(((a * components + b) * Panels + panel) * inputs + input) * halves + half] = Sum(rows[b..], components, factors[a]);
                }
            }
        }
        ArrayPool<float>.Shared.Return(outputsTogether);
    }

    // [taps, IC, outputs] to [outputs of a panel, taps, IC], zeros behind the last output.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ReadOnlySpan<float> kernels, Span<float> transposed)
    {
        int taps = transposed.Length / PanelOutputs, count = kernels.Length / taps;
        if (count < PanelOutputs)
            transposed.Clear();
        ref float source = ref MemoryMarshal.GetReference(kernels), target = ref MemoryMarshal.GetReference(transposed);
        for (int tap = 0; tap < taps; tap++)
        {
            for (int lane = 0; lane < count; lane++)
                Unsafe.Add(ref target, tap * PanelOutputs + lane) = Unsafe.Add(ref source, lane * taps + tap);
        }
    }

    // Three vectors, so many of them apart, times their factors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sum(ReadOnlySpan<Vector256<float>> vectors, int distance, float[] factors)
        => vectors[0] * factors[0] + vectors[distance] * factors[1] + vectors[2 * distance] * factors[2];
}
