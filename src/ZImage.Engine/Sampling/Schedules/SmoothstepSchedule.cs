namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Timesteps along the curve u * u * (3 - 2u), rounded to whole timesteps: short steps at both ends, long ones between.</summary>
public sealed class SmoothstepSchedule : ISigmaSchedule
{
    public string Name => "smoothstep";

    public string Description => "Short steps at both ends, longer ones between.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        const int last = FlowMatching.TrainTimesteps - 1;
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            float u = 1 - (float)i / steps;
            float timestep = MathF.Round(u * u * (3 - 2 * u) * last, MidpointRounding.AwayFromZero);
            sigmas[i] = FlowMatching.TimestepToSigma(timestep, shift);
        }

        return sigmas;
    }
}
