using System.Numerics;
using System.Runtime.InteropServices;

namespace ZImage.Engine.Models;

/// <summary>Looks at results of a model: a broken computation must not go on unnoticed.</summary>
internal static class FiniteNumbers
{
    // All bits of the exponent: NaN and infinity.
    private const int Exponent = 0x7F800000;

    /// <summary>Whether no value is NaN or infinite.</summary>
    public static bool All(ReadOnlySpan<float> values)
    {
        var exponent = new Vector<int>(Exponent);
        ReadOnlySpan<Vector<int>> vectors = MemoryMarshal.Cast<float, Vector<int>>(values);
        foreach (Vector<int> bits in vectors)
        {
            if (Vector.EqualsAny(bits & exponent, exponent))
                return false;
        }
        return Count(values[(vectors.Length * Vector<int>.Count)..]) == 0;
    }

    /// <summary>Number of values that are NaN or infinite.</summary>
    public static long Count(ReadOnlySpan<float> values)
    {
        long count = 0;
        foreach (float value in values)
            count += float.IsFinite(value) ? 0 : 1;
        return count;
    }

    /// <summary>Whether every row equals the first; a single row does when its values are all equal.</summary>
    public static bool AreRowsEqual(ReadOnlySpan<float> values, int rowLength)
    {
        if (rowLength >= values.Length)
            return !values.ContainsAnyExcept(values[0]);
        for (int row = rowLength; row < values.Length; row += rowLength)
        {
            if (!values.Slice(row, rowLength).SequenceEqual(values[..rowLength]))
                return false;
        }
        return true;
    }
}
