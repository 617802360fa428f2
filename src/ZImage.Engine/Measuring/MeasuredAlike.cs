using ZImage.Engine.Generation;

namespace ZImage.Engine.Measuring;

/// <summary>When runs are of one configuration, and when requests draw the same.</summary>
internal static class MeasuredAlike
{
    /// <summary>Runs of one model with equal number, name and settings.</summary>
    public static IEqualityComparer<GenerationMeasurement> Runs { get; } = EqualityComparer<GenerationMeasurement>.Create(
        (one, other) => (one!.Model, one.Number, one.Configuration) == (other!.Model, other.Number, other.Configuration) && Settings(one.Settings, other.Settings),
        run => HashCode.Combine(run.Model, run.Number, run.Configuration));

    // A record compares its lists by reference.
    public static bool Draw(ImageRequest one, ImageRequest other)
        => one with { Sigmas = null } == other with { Sigmas = null }
            && (one.Sigmas is null ? other.Sigmas is null : other.Sigmas is not null && one.Sigmas.SequenceEqual(other.Sigmas));

    private static bool Settings(MeasureConfiguration one, MeasureConfiguration other) => one with { Request = other.Request } == other && Draw(one.Request, other.Request);
}
