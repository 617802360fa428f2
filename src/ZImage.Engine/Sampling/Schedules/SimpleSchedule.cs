namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Every (1000 / steps)-th of the 1000 timesteps from the noisy end, rounded to whole timesteps.</summary>
public sealed class SimpleSchedule : ISigmaSchedule
{
    public string Name => "simple";

    public string Description => "Equal steps in time, rounded to the 1000 steps of training.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        var sigmas = new float[steps + 1];
        float stride = (float)FlowMatching.TrainTimesteps / steps;
        for (int i = 0; i < steps; i++)
        {
            int timestep = Math.Max(0, FlowMatching.TrainTimesteps - 1 - (int)(i * stride));
            sigmas[i] = FlowMatching.TimestepToSigma(timestep, shift);
        }

        return sigmas;
    }
}
