namespace ZImage.Engine.Measuring;

/// <summary>The runs of one configuration as one: how many succeeded, and what those took. Times are seconds, sizes bytes.</summary>
public sealed record MeasurementSummary
{
    /// <summary>Name of the session that was measured.</summary>
    public string? Model { get; init; }

    /// <summary>Number of the configuration.</summary>
    public required int Number { get; init; }

    /// <summary>Name of the configuration.</summary>
    public required string Configuration { get; init; }

    /// <summary>Success when every run succeeded, else how the first other one ended.</summary>
    public required MeasurementResult Result { get; init; }

    /// <summary>Why that one did not succeed.</summary>
    public string? Reason { get; init; }

    /// <summary>Runs that were made, warm-up runs not counted.</summary>
    public required int Runs { get; init; }

    public required int Successes { get; init; }

    /// <summary>Seconds of the successful runs; null without any.</summary>
    public Spread? Duration { get; init; }

    /// <summary>Seconds of a step: over the runs, the median of each one's steps, which the first step with its warming up does not move.</summary>
    public Spread? Step { get; init; }

    public Spread? Decode { get; init; }

    /// <summary>Most bytes of the device in any of the runs.</summary>
    public long? PeakDeviceBytes { get; init; }

    /// <summary>Bytes of weights moved to the device in the last successful run.</summary>
    public long? UploadedBytes { get; init; }

    /// <summary>What the plan of the last run said it would take.</summary>
    public double? PredictedSeconds { get; init; }

    /// <summary>What the plan of the last run said of the device's bytes.</summary>
    public long? PredictedPeakBytes { get; init; }

    /// <summary>One summary for each configuration of each model, in the order in which they were measured. Runs of equal number and name with other settings are of another.</summary>
    public static IReadOnlyList<MeasurementSummary> Of(IEnumerable<GenerationMeasurement> runs)
        => runs.GroupBy(run => run, MeasuredAlike.Runs).Select(group => Summarize([.. group])).ToArray();

    private static MeasurementSummary Summarize(IReadOnlyList<GenerationMeasurement> runs)
    {
        GenerationMeasurement[] successes = [.. runs.Where(run => run.Result == MeasurementResult.Success)];
        GenerationMeasurement? other = runs.FirstOrDefault(run => run.Result != MeasurementResult.Success);
        return new MeasurementSummary
        {
            Model = runs[0].Model,
            Number = runs[0].Number,
            Configuration = runs[0].Configuration,
            Result = other?.Result ?? MeasurementResult.Success,
            Reason = other?.Reason,
            Runs = runs.Count,
            Successes = successes.Length,
            Duration = Spread.Of(successes.Select(run => run.DurationSeconds)),
            Step = Spread.Of(successes.Select(run => run.SecondsPerStep).OfType<double>()),
            Decode = Spread.Of(successes.Select(run => run.DecodeSeconds).OfType<double>()),
            PeakDeviceBytes = runs.Max(run => run.PeakDeviceBytes),
            UploadedBytes = successes.LastOrDefault()?.UploadedBytes,
            PredictedSeconds = runs[^1].PredictedSeconds,
            PredictedPeakBytes = runs[^1].PredictedPeakBytes,
        };
    }
}
