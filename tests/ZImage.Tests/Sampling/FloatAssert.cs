namespace ZImage.Tests.Sampling;

/// <summary>Compares lists of float32 numbers and names the place of a difference that is too large.</summary>
internal static class FloatAssert
{
    public static void Close(float[] expected, float[] actual, float relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            float allowed = relative * MathF.Abs(expected[i]);
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= allowed, $"[{i}]: expected {expected[i]:G9}, found {actual[i]:G9}");
        }
    }

    /// <summary>The largest difference, in parts of the number where that is above 1; infinite for lists of other lengths.</summary>
    public static float Difference(float[] expected, float[] actual) => expected.Length != actual.Length
        ? float.PositiveInfinity
        : expected.Zip(actual).Max(pair => MathF.Abs(pair.First - pair.Second) / MathF.Max(1, MathF.Abs(pair.First)));
}
