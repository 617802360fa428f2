namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Levels at equal shares of a logit-normal distribution, whose mean moves towards noise for images larger than 512 pixels
/// square: short steps at both ends. The shift that is asked for does not count.
/// </summary>
/// <remarks>The distribution is that of Esser et al., "Scaling rectified flow transformers for high-resolution image synthesis" (2024); the numbers are those of the model Ideogram 4.</remarks>
public sealed class LogitNormalSchedule : ISigmaSchedule
{
    private const double Deviation = 1.75;
    private const double MiddlePixels = 1024;

    // Ends of the logarithm of (signal / noise) squared.
    private const double LowestLogSnr = -18, HighestLogSnr = 15;

    public string Name => "logit_normal";

    public string Description => "Short steps at both ends, longer ones between, moved towards noise for large images. Ignores the shift.";

    public bool UsesShift => false;

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        double mean = Math.Log(latentPixels / MiddlePixels) / 2;
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            double logit = i == 0 ? double.PositiveInfinity : mean - Deviation * Normal.Quantile((double)i / steps);
            sigmas[i] = (float)(1 / (1 + Math.Exp(-Math.Clamp(logit, -HighestLogSnr / 2, -LowestLogSnr / 2))));
        }

        return sigmas;
    }
}
