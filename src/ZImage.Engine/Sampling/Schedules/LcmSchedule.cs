namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// The timesteps that latent consistency models were trained on: every 20th of the 1000, of which the steps take as many as
/// they need. Above 50 steps some levels repeat.
/// </summary>
/// <remarks>Source: Luo, Tan, Huang, Li and Zhao, "Latent consistency models" (2023).</remarks>
public sealed class LcmSchedule : ISigmaSchedule
{
    private const int TrainedLevels = 50;

    public string Name => "lcm";

    public string Description => "Equal steps in time on the 50 levels of latent consistency models.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            int level = TrainedLevels - i * TrainedLevels / steps;
            sigmas[i] = FlowMatching.TimestepToSigma(level * (FlowMatching.TrainTimesteps / TrainedLevels) - 1, shift);
        }

        return sigmas;
    }
}
