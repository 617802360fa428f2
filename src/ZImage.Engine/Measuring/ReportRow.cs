using System.Globalization;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;

namespace ZImage.Engine.Measuring;

/// <summary>A configuration in a report: its runs, and what they come to.</summary>
internal sealed class ReportRow
{
    private ReportRow(IReadOnlyList<GenerationMeasurement> runs, int number)
    {
        Runs = runs;
        Number = number.ToString(CultureInfo.InvariantCulture);
        Summary = MeasurementSummary.Of(runs)[0];
        Settings = runs[^1].Settings;
        GenerationMeasurement[] successes = [.. runs.Where(run => run.Result == MeasurementResult.Success)];
        Typical = successes.MinBy(run => Math.Abs(run.DurationSeconds - Summary.Duration!.Median)) ?? runs[^1];
    }

    public IReadOnlyList<GenerationMeasurement> Runs { get; }

    public MeasurementSummary Summary { get; }

    public MeasureConfiguration Settings { get; }

    /// <summary>The successful run whose time is nearest to the median; the last run where none succeeded.</summary>
    public GenerationMeasurement Typical { get; }

    /// <summary>Number of the configuration; its place among the rows where several have one number.</summary>
    public string Number { get; }

    /// <summary>How sentences name it.</summary>
    public string Label => $"row {Number} ({Summary.Configuration})";

    /// <summary>Whether every run succeeded.</summary>
    public bool Succeeded => Summary.Result == MeasurementResult.Success;

    /// <summary>Whether all successful runs give the same pixels, as far as they are known.</summary>
    public bool IsSteady => Runs.Where(run => run.Result == MeasurementResult.Success).Select(run => run.PixelHash).OfType<string>().Distinct().Count() <= 1;

    /// <summary>Median over the successful runs, for each of the pictures that are made together.</summary>
    public double? PictureSeconds => Summary.Duration?.Median / Settings.BatchSize;

    /// <summary>Share of a run in which nothing was computed because weights were moved.</summary>
    public double? MovingShare
        => Typical is { Result: MeasurementResult.Success, DurationSeconds: > 0 } ? ((Typical.OffloadSeconds ?? 0) + (Typical.ReloadSeconds ?? 0)) / Typical.DurationSeconds : null;

    /// <summary>Whether the picture was decoded in tiles, or would have been: asked for, they are not used for one that is not larger than a tile.</summary>
    public bool UsesTiles => Typical.Plan?.Decoding.Method == ImageMethod.Tiles;

    public long? PeakHostBytes => Runs.Max(run => run.PeakHostBytes);

    /// <summary>How it ended, in words.</summary>
    public string Result => Summary.Successes is > 0 and var successes && successes < Summary.Runs
        ? string.Create(CultureInfo.InvariantCulture, $"{Name(Summary.Result)} after {successes} of {Summary.Runs}")
        : Name(Summary.Result);

    public static string Name(MeasurementResult result) => result == MeasurementResult.OutOfMemory ? "Out of memory" : result.ToString();

    /// <summary>Whether two rows draw the same, whatever is done with memory.</summary>
    public bool DrawsAs(ReportRow other) => MeasuredAlike.Draw(Settings.Request, other.Settings.Request) && Settings.BatchSize == other.Settings.BatchSize;

    /// <summary>Whether two rows differ in tiles at most.</summary>
    public bool IsUpToTiles(ReportRow other) => DrawsAs(other) && WithoutTiles(Settings.Offload) == WithoutTiles(other.Settings.Offload);

    /// <summary>Seconds of each part of the typical run, in which waiting for weights is a part of its own.</summary>
    public IReadOnlyList<(ReportPart Part, double Seconds)> Parts()
    {
        IReadOnlyList<TimelineEntry> entries = Typical.Timeline?.Entries ?? [];
        double Own(Phase phase, double? known) => entries.Count > 0 ? entries.Where(entry => entry.Phase == phase).Sum(entry => entry.DurationSeconds - entry.WaitSeconds) : known ?? 0;
        // Without a timeline nobody knows which part it was that waited.
        double waited = entries.Sum(entry => entry.WaitSeconds);
        (ReportPart Part, double Seconds)[] parts =
        [
            (ReportPart.Load, Typical.LoadSeconds),
            (ReportPart.Condition, Own(Phase.Condition, Typical.ConditionSeconds)),
            (ReportPart.Offload, Own(Phase.Offload, Typical.OffloadSeconds)),
            (ReportPart.Reload, waited),
            (ReportPart.Steps, Own(Phase.Sample, Typical.StepSeconds.Sum())),
            (ReportPart.Decode, Own(Phase.Decode, Typical.DecodeSeconds)),
        ];
        double other = Typical.LoadSeconds + Typical.DurationSeconds - parts.Sum(part => part.Seconds);
        return [.. parts, (ReportPart.Other, Math.Max(0, other))];
    }

    public static IReadOnlyList<ReportRow> Of(IEnumerable<GenerationMeasurement> runs)
    {
        GenerationMeasurement[][] rows = [.. runs.GroupBy(run => run, MeasuredAlike.Runs).Select(group => group.ToArray())];
        bool unique = rows.DistinctBy(row => row[0].Number).Count() == rows.Length;
        return [.. rows.Select((row, i) => new ReportRow(row, unique ? row[0].Number : i + 1))];
    }

    private static OffloadOptions WithoutTiles(OffloadOptions options) => options with { VaeTiling = default, VaeTileSize = null, VaeTileOverlap = 0 };
}

/// <summary>What a run spends its time on.</summary>
internal enum ReportPart
{
    Load,
    Condition,
    Offload,
    Reload,
    Steps,
    Decode,
    Other,
}
