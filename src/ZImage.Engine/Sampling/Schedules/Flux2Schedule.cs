namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Equal times moved towards noise by the size of the image and the number of steps: the logarithm of the shift lies on a line
/// for 10 steps and on another for 200, and between them for other numbers. The shift that is asked for does not count.
/// </summary>
/// <remarks>As the model FLUX.2 places its steps, with lines fitted by its authors.</remarks>
public sealed class Flux2Schedule : ISigmaSchedule
{
    private const int FewSteps = 10, ManySteps = 200;

    // Above this size the line for many steps serves all.
    private const int LargePixels = 4300;

    public string Name => "flux2";

    public string Description => "Equal times, moved far towards noise for large images and few steps. Ignores the shift.";

    public bool UsesShift => false;

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        double forMany = 0.00016927 * latentPixels + 0.45666666;
        double forFew = 8.73809524e-05 * latentPixels + 1.89833333;
        double slope = latentPixels > LargePixels ? 0 : (forMany - forFew) / (ManySteps - FewSteps);
        return FlowMatchSchedule.Sigmas(steps, ScheduleArguments.ShiftOf(forMany + slope * (steps - ManySteps)));
    }
}
