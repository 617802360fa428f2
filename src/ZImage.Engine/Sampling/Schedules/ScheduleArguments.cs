namespace ZImage.Engine.Sampling.Schedules;

/// <summary>The ranges that every schedule accepts.</summary>
internal static class ScheduleArguments
{
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one step, or a shift that is no positive number.</exception>
    public static void Check(int steps, float shift)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        if (!float.IsFinite(shift) || shift <= 0)
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "The flow shift must be a number above 0.");
    }
}
