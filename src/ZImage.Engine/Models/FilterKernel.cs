using System.Numerics;

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
    public void Transform(int panel, ReadOnlySpan<float> stored, Span<float> matrices)
    {
        int components = algorithm.Components, length = Taps * Taps * inputs;
        // Tap by tap, with the input channels together.
        Span<float> taps = new float[length], across = new float[Taps * components * inputs], sums = new float[inputs];
        for (int lane = 0; lane < PanelOutputs; lane++)
        {
            int output = panel * PanelOutputs + lane;
            taps.Clear();
            for (int i = 0; output < outputs && i < length; i++)
                taps[i % (Taps * Taps) * inputs + i / (Taps * Taps)] = stored[output * length + i];
            for (int y = 0; y < Taps; y++)
            {
                for (int b = 0; b < components; b++)
                    Sum(taps.Slice(y * Taps * inputs, Taps * inputs), inputs, algorithm.Taps[b], across.Slice((y * components + b) * inputs, inputs));
            }
            for (int pair = 0; pair < components * components; pair++)
            {
                Sum(across[(pair % components * inputs)..], components * inputs, algorithm.Taps[pair / components], sums);
                Span<float> own = matrices.Slice((pair * Panels + panel) * inputs * PanelOutputs, inputs * PanelOutputs);
                for (int i = 0; i < inputs; i++)
                    own[i * PanelOutputs + lane] = sums[i];
            }
        }
    }

    // result = sum of three rows, so far apart, times their factors.
    private static void Sum(ReadOnlySpan<float> rows, int distance, float[] factors, Span<float> result)
    {
        ReadOnlySpan<float> first = rows[..result.Length], second = rows.Slice(distance, result.Length), third = rows.Slice(2 * distance, result.Length);
        int i = 0;
        for (; i <= result.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(first[i..]) * factors[0] + new Vector<float>(second[i..]) * factors[1] + new Vector<float>(third[i..]) * factors[2]).CopyTo(result[i..]);
        for (; i < result.Length; i++)
            result[i] = first[i] * factors[0] + second[i] * factors[1] + third[i] * factors[2];
    }
}
