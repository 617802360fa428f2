namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// The schedule of the model's authors: equal times 1, 1 - 1/steps, ..., 0, each moved by the shift. Source: the flow match
/// Euler scheduler of diffusers with sigma_min 0.
/// </summary>
public sealed class FlowMatchSchedule : ISigmaSchedule
{
    public string Name => "flow_match";

    public IReadOnlyList<string> OtherNames => ["FlowMatchEulerDiscreteScheduler"];

    public string Description => "Equal times, moved by the shift: what Z-Image was made with.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        return Sigmas(steps, shift);
    }

    // Unlike the other schedules this one is computed in double and rounded once, as its source does.
    internal static float[] Sigmas(int steps, double shift)
    {
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            double time = 1 - (double)i / steps;
            sigmas[i] = (float)(shift * time / (1 + (shift - 1) * time));
        }

        return sigmas;
    }
}
