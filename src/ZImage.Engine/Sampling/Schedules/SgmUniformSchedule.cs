namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Timesteps 999 to 0 in equal distances with the last one replaced by sigma 0, so every step is of like size.</summary>
public sealed class SgmUniformSchedule : ISigmaSchedule
{
    public string Name => "sgm_uniform";

    public string Description => "Equal steps in time.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        const int last = FlowMatching.TrainTimesteps - 1;
        var sigmas = new float[steps + 1];
        float distance = -(float)last / steps;
        float timestep = last;
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = FlowMatching.TimestepToSigma(timestep, shift);
            timestep += distance;
        }

        return sigmas;
    }
}
