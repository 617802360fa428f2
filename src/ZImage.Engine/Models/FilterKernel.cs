using System.Numerics;

namespace ZImage.Engine.Models;

/// <summary>
/// A 3x3 kernel in the form that a <see cref="FilterAlgorithm"/> multiplies with: for each pair of a vertical and a horizontal component the matrix
/// [IC, OC] of its sums of taps, F32.
/// </summary>
internal sealed class FilterKernel(FilterAlgorithm algorithm, int inputs, int outputs)
{
    private const int Taps = 3;

    /// <summary>[IC, OC, components^2], the horizontal component faster.</summary>
    public long[] Shape => [inputs, outputs, algorithm.Components * algorithm.Components];

    public int Outputs => outputs;

    /// <summary>Elements that a kernel has for one output channel, as it is stored.</summary>
    public int StoredElements => Taps * Taps * inputs;

    /// <summary>Fills in the matrices' rows of one output channel.</summary>
    /// <param name="output">The channel.</param>
    /// <param name="stored">Its kernel as stored: [3, 3, IC], the horizontal axis fastest.</param>
    /// <param name="matrices">All matrices, of <see cref="Shape"/>.</param>
    public void Transform(int output, ReadOnlySpan<float> stored, Span<float> matrices)
    {
        int components = algorithm.Components;
        // Tap by tap, with the input channels together.
        Span<float> taps = new float[stored.Length], across = new float[Taps * components * inputs];
        for (int i = 0; i < stored.Length; i++)
            taps[i % (Taps * Taps) * inputs + i / (Taps * Taps)] = stored[i];
        for (int y = 0; y < Taps; y++)
        {
            for (int b = 0; b < components; b++)
                Sum(taps.Slice(y * Taps * inputs, Taps * inputs), inputs, algorithm.Taps[b], across.Slice((y * components + b) * inputs, inputs));
        }
        for (int a = 0; a < components; a++)
        {
            for (int b = 0; b < components; b++)
                Sum(across[(b * inputs)..], components * inputs, algorithm.Taps[a], matrices.Slice(((a * components + b) * outputs + output) * inputs, inputs));
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
