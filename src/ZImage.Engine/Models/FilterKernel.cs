using System.Runtime.CompilerServices;
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

    /// <summary>[outputs of a panel, IC, panels, components^2], the horizontal component faster.</summary>
    public long[] Shape => [PanelOutputs, inputs, Panels, algorithm.Components * algorithm.Components];

    /// <summary>Fills in a panel of each matrix.</summary>
    /// <param name="panel">Its number.</param>
    /// <param name="stored">The kernel as stored: [3, 3, IC, OC], the horizontal axis fastest.</param>
    /// <param name="matrices">All matrices, of <see cref="Shape"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transform(int panel, ReadOnlySpan<float> stored, Span<float> matrices)
    {
        int components = algorithm.Components, first = panel * PanelOutputs, count = Math.Min(PanelOutputs, outputs - first);
        // The output channels of the panel together, for each tap, and for each sum along a row of taps.
        Span<float> taps = stackalloc float[Taps * Taps * PanelOutputs], rows = stackalloc float[Taps * components * PanelOutputs];
        taps.Clear();
        for (int input = 0; input < inputs; input++)
        {
            for (int lane = 0; lane < count; lane++)
            {
                ReadOnlySpan<float> kernel = stored.Slice(((first + lane) * inputs + input) * Taps * Taps, Taps * Taps);
                for (int tap = 0; tap < kernel.Length; tap++)
                    taps[tap * PanelOutputs + lane] = kernel[tap];
            }
            for (int y = 0; y < Taps; y++)
            {
                for (int b = 0; b < components; b++)
                    Sum(taps[(y * Taps * PanelOutputs)..], 1, algorithm.Taps[b], rows[((y * components + b) * PanelOutputs)..]);
            }
            for (int pair = 0; pair < components * components; pair++)
            {
                Sum(rows[(pair % components * PanelOutputs)..], components, algorithm.Taps[pair / components],
                    matrices[(((pair * Panels + panel) * inputs + input) * PanelOutputs)..]);
            }
        }
    }

    // result = sum of three vectors of a panel's width, so many of them apart, times their factors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(ReadOnlySpan<float> vectors, int distance, float[] factors, Span<float> result)
    {
        for (int i = 0; i < PanelOutputs; i += Vector256<float>.Count)
        {
            Vector256<float> sum = Vector256.Create(vectors[i..]) * factors[0];
            sum += Vector256.Create(vectors[(distance * PanelOutputs + i)..]) * factors[1];
            sum += Vector256.Create(vectors[(2 * distance * PanelOutputs + i)..]) * factors[2];
            sum.CopyTo(result[i..]);
        }
    }
}
