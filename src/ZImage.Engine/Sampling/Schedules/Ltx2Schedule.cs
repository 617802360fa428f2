namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Equal times moved towards noise the more, the larger the image is, and then stretched so that the last level before 0 is
/// 0.1. The shift that is asked for does not count.
/// </summary>
/// <remarks>As the video model LTX-2 places its steps.</remarks>
public sealed class Ltx2Schedule : ISigmaSchedule
{
    private const float LowShift = 0.95f, HighShift = 2.05f;
    private const float LowPixels = 1024, HighPixels = 4096;
    private const float LastLevel = 0.1f;

    // The logarithm at which float32 begins to lose the first levels in 1: images larger than about 1300x1300 count as that.
    private const float MostShift = 10;

    public string Name => "ltx2";

    public string Description => "Equal times, moved towards noise for large images, with a last step from 0.1. Ignores the shift.";

    public bool UsesShift => false;

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        float growth = (HighShift - LowShift) / (HighPixels - LowPixels);
        float scale = MathF.Exp(Math.Min(latentPixels * growth + (LowShift - growth * LowPixels), MostShift));
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            float time = 1 - (float)i / steps;
            sigmas[i] = scale / (scale + (1 / time - 1));
        }

        if (steps > 1)
        {
            float stretch = (1 - sigmas[steps - 1]) / (1 - LastLevel);
            for (int i = 0; i < steps; i++)
                sigmas[i] = 1 - (1 - sigmas[i]) / stretch;
        }

        return sigmas;
    }
}
