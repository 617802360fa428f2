namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Equal times moved towards noise the more, the larger the image is: the logarithm of the shift grows with the pixels of the
/// latent. The shift that is asked for does not count.
/// </summary>
/// <remarks>As the model FLUX.1 places its steps.</remarks>
public sealed class FluxSchedule : ISigmaSchedule
{
    private const double LowShift = 0.5, HighShift = 1.15;
    private const double LowPixels = 256, HighPixels = 4096;

    public string Name => "flux";

    public string Description => "Equal times, moved towards noise for large images. Ignores the shift.";

    public bool UsesShift => false;

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        double growth = (HighShift - LowShift) / (HighPixels - LowPixels);
        return FlowMatchSchedule.Sigmas(steps, ScheduleArguments.ShiftOf(LowShift + growth * (latentPixels - LowPixels)));
    }
}
