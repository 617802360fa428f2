namespace ZImage.Engine.Sampling.Schedules;

/// <summary>Equal distances in the arc tangent of sigma, from 1 down to the lowest timestep, then 0.</summary>
/// <remarks>Source: Sabour, Fidler and Kreis, "Align your steps: optimizing sampling schedules in diffusion models" (2024), section 3.</remarks>
public sealed class KlOptimalSchedule : ISigmaSchedule
{
    public string Name => "kl_optimal";

    public string Description => "Steps of nearly equal length in sigma, whatever the shift.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        float start = MathF.Atan(1), end = MathF.Atan(FlowMatching.LowestSigma(shift));
        var sigmas = new float[steps + 1];
        sigmas[0] = 1;
        for (int i = 1; i < steps; i++)
        {
            float part = (float)i / (steps - 1);
            sigmas[i] = MathF.Tan(part * end + (1 - part) * start);
        }

        return sigmas;
    }
}
