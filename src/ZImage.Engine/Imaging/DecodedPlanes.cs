using System.Globalization;

namespace ZImage.Engine.Imaging;

/// <summary>Looks at an autoencoder's output before it becomes pixels: a broken computation must not end as a black picture.</summary>
public static class DecodedPlanes
{
    // One step of the 8 bits of a pixel, in [0, 1].
    private const float LeastVariation = 1f / 255f;

    /// <summary>A decoder value, mostly in [-1, 1], as a colour in [0, 1].</summary>
    internal static float ToUnit(float value) => Math.Clamp(value / 2f + 0.5f, 0f, 1f);

    /// <summary>Whether the colours of any of the three planes differ by a step of 8 bits or more.</summary>
    public static bool HasVariation(ReadOnlySpan<float> planes)
    {
        int plane = planes.Length / 3;
        for (int channel = 0; channel < 3; channel++)
        {
            float least = float.PositiveInfinity;
            float greatest = float.NegativeInfinity;
            foreach (float value in planes.Slice(channel * plane, plane))
            {
                least = Math.Min(least, ToUnit(value));
                greatest = Math.Max(greatest, ToUnit(value));
            }
            if (greatest - least >= LeastVariation)
                return true;
        }
        return false;
    }

    /// <summary>Number of values that are NaN or infinite.</summary>
    public static int CountNotFinite(ReadOnlySpan<float> planes)
    {
        int count = 0;
        foreach (float value in planes)
        {
            if (!float.IsFinite(value))
                count++;
        }
        return count;
    }

    internal static void CheckUsable(ReadOnlySpan<float> planes, int width, int height)
    {
        int notFinite = CountNotFinite(planes);
        if (notFinite > 0)
            throw new DegenerateImageException(width, height, $"{notFinite} of its {planes.Length} values are not finite numbers");
        if (!HasVariation(planes))
        {
            throw new DegenerateImageException(width, height,
                string.Create(CultureInfo.InvariantCulture, $"it has one colour only (its first value is {planes[0]})"));
        }
    }
}
