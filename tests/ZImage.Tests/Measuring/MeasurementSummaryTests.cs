using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;

namespace ZImage.Tests.Measuring;

/// <summary>What is said of several runs together.</summary>
public sealed class MeasurementSummaryTests
{
    [Theory]
    [InlineData(new[] { 4.0 }, 4, 4, 4, 0)]
    [InlineData(new[] { 5.0, 1, 3 }, 3, 1, 5, 4 / 3.0)]
    [InlineData(new[] { 8.0, 1, 4, 2 }, 3, 1, 8, 7 / 3.0)]
    [InlineData(new[] { 2.0, 2, 2 }, 2, 2, 2, 0)]
    [InlineData(new[] { 0.0, 0 }, 0, 0, 0, 0)]
    public void A_spread_has_the_middle_and_the_ends(double[] values, double median, double min, double max, double relative)
    {
        Spread spread = Spread.Of(values)!;
        Assert.Equal((median, min, max), (spread.Median, spread.Min, spread.Max));
        Assert.Equal(relative, spread.Relative, 12);
    }

    [Fact]
    public void Nothing_has_no_spread() => Assert.Null(Spread.Of([]));

    [Fact]
    public void Runs_of_a_configuration_are_one_summary()
    {
        MeasurementSummary summary = Assert.Single(MeasurementSummary.Of(
        [
            Run(1, "a", 10, [9, 1, 2], 0.5) with { Run = 1, PeakDeviceBytes = 700, UploadedBytes = 60, PredictedSeconds = 9, PredictedPeakBytes = 700 },
            Run(1, "a", 14, [2, 3, 4], 0.7) with { Run = 2, PeakDeviceBytes = 800, UploadedBytes = 50, PredictedSeconds = 11, PredictedPeakBytes = 700 },
            Run(1, "a", 11, [1, 1, 1], 0.6) with { Run = 3, PeakDeviceBytes = 700, UploadedBytes = 50, PredictedSeconds = 12, PredictedPeakBytes = 700 },
        ]));

        Assert.Equal((1, "a", MeasurementResult.Success, 3, 3), (summary.Number, summary.Configuration, summary.Result, summary.Runs, summary.Successes));
        Assert.Equal(new Spread(11, 10, 14), summary.Duration);
        Assert.Equal(4 / 11.0, summary.Duration!.Relative, 12);
        // The medians of the runs are 2, 3 and 1: a slow first step moves none.
        Assert.Equal(new Spread(2, 1, 3), summary.Step);
        Assert.Equal(new Spread(0.6, 0.5, 0.7), summary.Decode);
        Assert.Equal((800, 50, 12, 700), (summary.PeakDeviceBytes, summary.UploadedBytes, summary.PredictedSeconds, summary.PredictedPeakBytes));
    }

    [Fact]
    public void Runs_that_did_not_succeed_count_for_no_median()
    {
        MeasurementSummary summary = Assert.Single(MeasurementSummary.Of(
        [
            Run(4, "b", 10, [1, 1], 0.5),
            Run(4, "b", 600, [50], null) with { Result = MeasurementResult.Timeout, Reason = "slow" },
        ]));

        Assert.Equal((MeasurementResult.Timeout, "slow", 2, 1), (summary.Result, summary.Reason, summary.Runs, summary.Successes));
        Assert.Equal(new Spread(10, 10, 10), summary.Duration);
        Assert.Equal(new Spread(1, 1, 1), summary.Step);
    }

    [Fact]
    public void What_never_succeeded_has_no_figures()
    {
        MeasurementSummary summary = Assert.Single(MeasurementSummary.Of([Run(1, "c", 0, [], null) with { Result = MeasurementResult.OutOfMemory, PredictedPeakBytes = 99 }]));

        Assert.Equal((MeasurementResult.OutOfMemory, 0, null, null, null), (summary.Result, summary.Successes, summary.Duration, summary.Step, summary.Decode));
        Assert.Equal(99, summary.PredictedPeakBytes);
    }

    [Fact]
    public void Configurations_of_several_models_keep_apart_and_in_their_order()
    {
        GenerationMeasurement[] runs =
        [
            Run(3, "c", 1, [1], 1) with { Model = "one" }, Run(3, "c", 2, [1], 1) with { Model = "one" },
            Run(1, "a", 3, [1], 1) with { Model = "one" }, Run(3, "c", 4, [1], 1) with { Model = "two" },
        ];

        Assert.Equal([("one", 3, 1.5), ("one", 1, 3), ("two", 3, 4)], MeasurementSummary.Of(runs).Select(s => (s.Model, s.Number, s.Duration!.Median)));
    }

    private static GenerationMeasurement Run(int number, string name, double seconds, double[] steps, double? decode) => new()
    {
        Number = number,
        Run = 1,
        Configuration = name,
        Settings = new MeasureConfiguration(name, new OffloadOptions(), BenchmarkSession.Request()),
        Result = MeasurementResult.Success,
        DurationSeconds = seconds,
        StepSeconds = steps,
        DecodeSeconds = decode,
    };
}
