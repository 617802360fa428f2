using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ZImage.Engine.Models;

/// <summary>
/// A 3x3 kernel in the form that <see cref="FilterOperation"/> multiplies with: for each pair of a vertical and a horizontal component the matrix of
/// its sums of taps, in panels of <see cref="PanelOutputs"/> output channels.
/// </summary>
internal sealed class FilterKernel(FilterAlgorithm algorithm, int inputs, int outputs)
{
    /// <summary>Output channels that lie together; the last panel ends with zeros.</summary>
    public const int PanelOutputs = 16;

    private const int Taps = 3;

    public int Panels => (outputs + PanelOutputs - 1) / PanelOutputs;

    /// <summary>Elements of a panel as stored; the last may have fewer.</summary>
    public int PanelElements => PanelOutputs * inputs * Taps * Taps;

    /// <summary>[outputs of a panel, IC, panels, components^2], the horizontal component faster.</summary>
    public long[] Shape => [PanelOutputs, inputs, Panels, algorithm.Components * algorithm.Components];

    /// <summary>Fills in a panel of each matrix.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="stored">The kernels of its outputs as stored: [3, 3, IC, outputs], the horizontal axis fastest.</param>
    /// <param name="matrices">All matrices, of <see cref="Shape"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transform(int panel, ReadOnlySpan<float> stored, Span<float> matrices)
    {
        float[] outputsTogether = ArrayPool<float>.Shared.Rent(PanelElements);
        Transpose(stored[..Math.Min(stored.Length, PanelElements)], outputsTogether.AsSpan(0, PanelElements));
        ReadOnlySpan<Vector256<float>> taps = MemoryMarshal.Cast<float, Vector256<float>>(outputsTogether.AsSpan(0, PanelElements));
        Span<Vector256<float>> sums = MemoryMarshal.Cast<float, Vector256<float>>(matrices);

        float[][] factors = algorithm.Taps;
        int components = factors.Length, halves = PanelOutputs / Vector256<float>.Count;
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
    private static void Transpose(ReadOnlySpan<float> stored, Span<float> transposed)
    {
        int taps = transposed.Length / PanelOutputs, count = stored.Length / taps;
        if (count < PanelOutputs)
            transposed.Clear();
        ref float source = ref MemoryMarshal.GetReference(stored), target = ref MemoryMarshal.GetReference(transposed);
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
