using ZImage.Engine.Generation;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Measuring;

/// <summary>One way to generate that is measured: how memory is used, and what is drawn.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Offload">Options of the session while it is measured.</param>
/// <param name="Request">What is drawn in each of its runs.</param>
public sealed record MeasureConfiguration(string Name, OffloadOptions Offload, ImageRequest Request)
{
    /// <summary>Its number in the table that it is a row of; null for its place among those that are measured.</summary>
    public int? Number { get; init; }

    /// <summary>Pictures that are made together in each run.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>A name made of the options: <c>CondOnly, VAE on CPU + tiling</c>.</summary>
    public static string NameOf(OffloadOptions options)
    {
        string cpu = (options.TextEncoderOnCpu, options.VaeOnCpu) switch
        {
            (true, true) => ", text encoder and VAE on CPU",
            (true, false) => ", text encoder on CPU",
            (false, true) => ", VAE on CPU",
            _ => "",
        };
        return $"{options.Mode}{cpu}{(options.VaeTiling == VaeTiling.On ? " + tiling" : "")}";
    }

    public override string ToString() => Name;
}

/// <summary>How a measured run ended.</summary>
public enum MeasurementResult
{
    Success,

    /// <summary>It does not fit, as the plan found out or an allocation did.</summary>
    OutOfMemory,

    /// <summary>It took longer than allowed and was stopped.</summary>
    Timeout,

    /// <summary>Any other error; see the reason.</summary>
    Failed,
}

/// <summary>One measured run. Times are seconds, sizes bytes; what was not reached is null or empty.</summary>
public sealed record GenerationMeasurement
{
    /// <summary>Name of the session that was measured.</summary>
    public string? Model { get; init; }

    /// <summary>Name of its device.</summary>
    public string? Device { get; init; }

    /// <summary>Machine, device and model; null when they were not taken down.</summary>
    public MeasurementContext? Context { get; init; }

    /// <summary>Number of the configuration, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Number of the run of the configuration, from 1; warm-up runs are not counted.</summary>
    public required int Run { get; init; }

    /// <summary>Name of the configuration.</summary>
    public required string Configuration { get; init; }

    /// <summary>What was measured.</summary>
    public required MeasureConfiguration Settings { get; init; }

    public required MeasurementResult Result { get; init; }

    /// <summary>Why it did not succeed, in a sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>The error's identifier where it did not succeed.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Seconds from request to pixels, or until it ended otherwise.</summary>
    public required double DurationSeconds { get; init; }

    public TimeSpan Duration => TimeSpan.FromSeconds(DurationSeconds);

    /// <summary>Seconds of taking the session to the configuration's options; for the first configuration those of loading the model, too.</summary>
    public double LoadSeconds { get; init; }

    public double? ConditionSeconds { get; init; }

    /// <summary>Seconds in which weights left the device and places were made.</summary>
    public double? OffloadSeconds { get; init; }

    /// <summary>
    /// Seconds in which the computation waited for weights to come. They are part of the phases' seconds, and where copies run beside the
    /// computation (CUDA) only the waiting for files is seen: <see cref="TimelineEntry.WaitSeconds"/>.
    /// </summary>
    public double? ReloadSeconds { get; init; }

    /// <summary>Seconds of each step that ended.</summary>
    public IReadOnlyList<double> StepSeconds { get; init; } = [];

    /// <summary>Median of the steps' seconds; null when none ended.</summary>
    public double? SecondsPerStep => Spread.Of(StepSeconds)?.Median;

    public double? DecodeSeconds { get; init; }

    /// <summary>Most bytes of the device, weights included.</summary>
    public long? PeakDeviceBytes { get; init; }

    /// <summary>Most bytes of pinned host memory.</summary>
    public long? PeakHostBytes { get; init; }

    /// <summary>Bytes of weights moved to the device.</summary>
    public long? UploadedBytes { get; init; }

    /// <summary>What the plan said it would take.</summary>
    public double? PredictedSeconds { get; init; }

    /// <summary>What the plan said of the device's bytes, which is known of runs that do not fit, too.</summary>
    public long? PredictedPeakBytes { get; init; }

    /// <summary>SHA-256 of the RGB bytes, in hex.</summary>
    public string? PixelHash { get; init; }

    /// <summary>SHA-256 of the latent before decoding, in hex: equal in every offload mode.</summary>
    public string? LatentHash { get; init; }

    /// <summary>Changes of plan in the middle of the run; none where the plan held.</summary>
    public IReadOnlyList<StepDown> StepsDown { get; init; } = [];

    /// <summary>The plan of the run, or the one that does not fit.</summary>
    public MemoryPlan? Plan { get; init; }

    public Timeline? Timeline { get; init; }
}
