namespace ZImage.Tests.Sampling;

/// <summary>Compares lists of float32 numbers and names the place of the largest difference.</summary>
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
}
