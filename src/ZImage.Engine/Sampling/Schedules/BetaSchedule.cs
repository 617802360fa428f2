namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Timesteps at equal shares of the beta distribution (0.6, 0.6), rounded to whole timesteps: short steps at both ends, long
/// ones between. Timesteps that repeat are left out, so there may be fewer levels than steps.
/// </summary>
/// <remarks>Source: Lee, Lee, Kim and Yoo, "Beta sampling is all you need" (2024).</remarks>
public sealed class BetaSchedule : ISigmaSchedule
{
    private const double Shape = 0.6;

    public string Name => "beta";

    public string Description => "Short steps at both ends, longer ones between; many steps may lose some that repeat.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        const int last = FlowMatching.TrainTimesteps - 1;
        var sigmas = new List<float>(steps + 1);
        int before = -1;
        for (int i = 0; i < steps; i++)
        {
            int timestep = (int)Math.Round(last * SymmetricBeta.Quantile(1 - (double)i / steps, Shape), MidpointRounding.AwayFromZero);
            if (timestep != before)
                sigmas.Add(FlowMatching.TimestepToSigma(timestep, shift));
            before = timestep;
        }

        return [.. sigmas, 0];
    }
}
