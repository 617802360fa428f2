namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Equal distances in the logarithm of sigma, from 1 down to the lowest timestep, then 0. A single step starts at 1.</summary>
public sealed class ExponentialSchedule : ISigmaSchedule
{
    public string Name => "exponential";

    public IReadOnlyList<string> OtherNames => ["Polyexponential"];

    public string Description => "Each level is the same part of the one before; nearly all steps refine details.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        float end = MathF.Log(FlowMatching.LowestSigma(shift));
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
            sigmas[i] = steps == 1 ? 1 : MathF.Exp(end * i / (steps - 1));
        return sigmas;
    }
}
