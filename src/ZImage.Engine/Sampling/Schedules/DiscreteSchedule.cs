namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Timesteps 999 to 0 in equal distances, both ends included; the last step goes from timestep 0 to sigma 0.</summary>
public sealed class DiscreteSchedule : ISigmaSchedule
{
    public string Name => "discrete";

    public IReadOnlyList<string> OtherNames => ["Normal", "Uniform"];

    public string Description => "Equal steps in time, with a last short one from the lowest level.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        const int last = FlowMatching.TrainTimesteps - 1;
        var sigmas = new float[steps + 1];
        float distance = steps == 1 ? 0 : (float)last / (steps - 1);
        for (int i = 0; i < steps; i++)
            sigmas[i] = FlowMatching.TimestepToSigma(last - distance * i, shift);
        return sigmas;
    }
}
