namespace ZImage.Engine.Sampling.Schedules;

/// <summary>The ranges that every schedule accepts, and what some compute instead.</summary>
internal static class ScheduleArguments
{
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one step, a shift that is no positive number, or an image without pixels.</exception>
    public static void Check(int steps, float shift, int latentPixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentPixels, 1);
        if (!float.IsFinite(shift) || shift <= 0)
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "The flow shift must be a number above 0.");
    }

    /// <summary>The flow shift of a logarithm; very large ones, for images beyond all use, are cut where a double still holds them.</summary>
    public static double ShiftOf(double logarithm) => Math.Exp(Math.Min(logarithm, 600));
}
