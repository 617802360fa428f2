using System.Globalization;

namespace ZImage.Engine.Checkpoints;

/// <summary>Sizes of a tensor in ggml's order, fastest axis first. Axes that are not named have size 1, so trailing ones do not count.</summary>
public static class TensorShape
{
    /// <summary>Stands for any size in an expected shape.</summary>
    public const long Any = -1;

    /// <summary>Whether <paramref name="found"/> is the shape <paramref name="expected"/>, in which <see cref="Any"/> fits every size.</summary>
    public static bool Matches(ReadOnlySpan<long> expected, IReadOnlyList<long> found)
    {
        for (int axis = 0; axis < Math.Max(expected.Length, found.Count); axis++)
        {
            long wanted = axis < expected.Length ? expected[axis] : 1;
            if (wanted != Any && wanted != (axis < found.Count ? found[axis] : 1))
                return false;
        }
        return true;
    }

    /// <summary>For messages: <c>[3840, 64]</c>, with <c>*</c> for any size.</summary>
    public static string Format(IReadOnlyList<long> shape)
        => $"[{string.Join(", ", shape.Select(size => size == Any ? "*" : size.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>Number of elements.</summary>
    public static long Elements(IEnumerable<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    internal static long[] WithoutTrailingOnes(ReadOnlySpan<long> shape)
    {
        int rank = shape.Length;
        while (rank > 1 && shape[rank - 1] == 1)
            rank--;
        return shape[..rank].ToArray();
    }
}
