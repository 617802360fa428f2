namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// The schedule of the model's authors: equal times 1, 1 - 1/steps, ..., 0, each moved by the shift. Source: the flow match
/// Euler scheduler of diffusers with sigma_min 0.
/// </summary>
public sealed class FlowMatchSchedule : ISigmaSchedule
{
    public string Name => "flow_match";

    public float[] Sigmas(int steps, float shift)
    {
        ScheduleArguments.Check(steps, shift);
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            // Unlike the other schedules this one is computed in double and rounded once, as its source does.
            double time = 1 - (double)i / steps;
            sigmas[i] = (float)(shift * time / (1 + (shift - 1) * time));
        }

        return sigmas;
    }
}
