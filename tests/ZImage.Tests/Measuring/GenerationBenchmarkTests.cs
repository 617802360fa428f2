using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;

namespace ZImage.Tests.Measuring;

/// <summary>Runs of a benchmark: every way to end, what goes on after it, and what stays behind.</summary>
public sealed class GenerationBenchmarkTests
{
    private static readonly BenchmarkOptions s_once = new() { Warmup = 0 };
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public void Each_measured_run_gives_its_figures_and_warm_ups_give_none()
    {
        using ModelSession session = BenchmarkSession.Open();
        var counter = new RunCounter();
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, new BenchmarkOptions { Warmup = 1, Repeat = 2 }, counter,
            BenchmarkSession.Configuration(OffloadMode.None), BenchmarkSession.Configuration(OffloadMode.CondOnly), BenchmarkSession.Configuration(OffloadMode.Aggressive) with { Number = 7 });

        Assert.Equal(9, counter.Runs);
        Assert.Equal([(1, 1, "None"), (1, 2, "None"), (2, 1, "CondOnly"), (2, 2, "CondOnly"), (7, 1, "Aggressive"), (7, 2, "Aggressive")], runs.Select(run => (run.Number, run.Run, run.Configuration)));
        Assert.Single(runs.Select(run => (run.PixelHash, run.LatentHash, run.Model, run.Device)).Distinct());
        Assert.All(runs, run =>
        {
            Assert.Equal((MeasurementResult.Success, null, null), (run.Result, run.Reason, run.ErrorId));
            Assert.Equal((2, run.Plan!.PeakBytes, run.Plan.UploadBytes), (run.StepSeconds.Count, run.PeakDeviceBytes, run.UploadedBytes));
            Assert.Equal((run.Plan.PeakBytes, run.Plan.PredictedSeconds), (run.PredictedPeakBytes, run.PredictedSeconds));
            Assert.True(run.PredictedSeconds > 0);
            Assert.Equal(0, run.PeakHostBytes);
            Assert.InRange(run.StepSeconds.Sum() + run.ConditionSeconds!.Value + run.OffloadSeconds!.Value + run.DecodeSeconds!.Value, 0, run.DurationSeconds);
            Assert.All(run.StepSeconds, seconds => Assert.True(seconds > 0));
            Assert.Equal(run.UploadedBytes > 0, run.ReloadSeconds > 0);
            Assert.InRange(run.ReloadSeconds!.Value, 0, run.DurationSeconds);
        });
        Assert.Equal([0, 0], runs[..2].Select(run => run.UploadedBytes!.Value));
        Assert.True(runs[4].UploadedBytes > runs[2].UploadedBytes && runs[2].UploadedBytes > 0);
        Assert.True(runs[0].LoadSeconds >= session.LoadDuration.TotalSeconds);
        Assert.All(runs[2..], run => Assert.InRange(run.LoadSeconds, 1e-9, double.MaxValue));
    }

    [Fact]
    public void Without_a_warm_up_the_first_run_brings_everything()
    {
        using ModelSession session = BenchmarkSession.Open();
        session.SetOffload(new OffloadOptions { Mode = OffloadMode.Aggressive }, null, Stop);
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, new BenchmarkOptions { Warmup = 0, Repeat = 2 }, null, BenchmarkSession.Configuration(OffloadMode.None));

        Assert.True(runs[0].UploadedBytes > 0);
        Assert.Equal(0, runs[1].UploadedBytes);
    }

    [Fact]
    public void What_the_plan_does_not_fit_is_out_of_memory_before_anything_is_moved()
    {
        using ModelSession session = BenchmarkSession.Open();
        IReadOnlyList<MemoryPlan> plans = session.Plan(BenchmarkSession.Request(), [OffloadMode.CondOnly, OffloadMode.None], 1, false, null, Stop);
        long budget = plans[0].PeakBytes;
        Assert.True(plans[1].PeakBytes > budget);
        var counter = new RunCounter();
        using var benchmark = new GenerationBenchmark(session,
            [BenchmarkSession.Configuration(OffloadMode.None, budget: budget), BenchmarkSession.Configuration(OffloadMode.CondOnly, budget: budget)], s_once);
        session.Accounts.Device.Refuses = (_, purpose) => purpose.Contains("weights", StringComparison.Ordinal) ? throw new InvalidOperationException(purpose) : false;
        var runs = new List<GenerationMeasurement> { benchmark.Measure(counter, Stop)! };
        session.Accounts.Device.Refuses = null;
        // That it does not fit is a result and not a warning as well.
        Assert.Empty(counter.Warnings);
        runs.Add(benchmark.Measure(counter, Stop)!);

        Assert.Equal([MeasurementResult.OutOfMemory, MeasurementResult.Success], runs.Select(run => run.Result));
        Assert.Equal(("BudgetTooSmall", plans[1].PeakBytes, false), (runs[0].ErrorId, runs[0].PredictedPeakBytes, runs[0].Plan!.Fits));
        Assert.Contains("does not fit", runs[0].Reason, StringComparison.Ordinal);
        Assert.Equal((null, null, null, 0), (runs[0].PixelHash, runs[0].PeakDeviceBytes, runs[0].Timeline, runs[0].StepSeconds.Count));
    }

    [Fact]
    public void A_refused_allocation_is_out_of_memory_and_the_next_configuration_runs()
    {
        using ModelSession session = BenchmarkSession.Open();
        bool refused = false;
        session.Accounts.Device.Refuses = (_, purpose) => !refused && (refused = purpose == "the transformer's state");
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, s_once with { Repeat = 2 }, null,
            BenchmarkSession.Configuration(OffloadMode.None), BenchmarkSession.Configuration(OffloadMode.None));

        Assert.True(refused);
        Assert.Equal([MeasurementResult.OutOfMemory, MeasurementResult.Success, MeasurementResult.Success], runs.Select(run => run.Result));
        Assert.Equal("DeviceOutOfMemory", runs[0].ErrorId);
        Assert.True(runs[0].Plan!.Fits);
    }

    [Fact]
    public void A_run_that_is_not_strict_says_how_it_stepped_down()
    {
        using ModelSession session = BenchmarkSession.Open();
        MeasureConfiguration strict = BenchmarkSession.Configuration(OffloadMode.None);
        bool refused = false;
        session.Accounts.Device.Refuses = (_, purpose) => !refused && (refused = purpose == "the transformer's state");
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, s_once, null, strict with { Offload = strict.Offload with { Strict = false } }, strict);

        Assert.Equal([MeasurementResult.Success, MeasurementResult.Success], runs.Select(run => run.Result));
        Assert.Equal(Phase.Sample, Assert.Single(runs[0].StepsDown).Phase);
        Assert.Empty(runs[1].StepsDown);
        Assert.Equal(runs[1].PixelHash, runs[0].PixelHash);
    }

    [Fact]
    public void A_run_that_takes_too_long_is_stopped_and_the_next_configuration_runs()
    {
        using ModelSession session = BenchmarkSession.Open();
        session.Generate(BenchmarkSession.Request(), null, Stop);
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, new BenchmarkOptions { Timeout = TimeSpan.FromSeconds(3), Repeat = 2, Warmup = 0 }, null,
            BenchmarkSession.Configuration(OffloadMode.None, BenchmarkSession.Request(128, 1000)), BenchmarkSession.Configuration(OffloadMode.None));

        Assert.Equal([MeasurementResult.Timeout, MeasurementResult.Success, MeasurementResult.Success], runs.Select(run => run.Result));
        Assert.Equal(("Timeout", "It took longer than 3 s and was stopped."), (runs[0].ErrorId, runs[0].Reason));
        // A timer may be a little early.
        Assert.InRange(runs[0].DurationSeconds, 2.9, 60);
        Assert.InRange(runs[0].StepSeconds.Count, 0, 999);
        Assert.InRange(runs[0].StepSeconds.Sum(), 0, runs[0].DurationSeconds);
        Assert.NotNull(runs[0].PredictedPeakBytes);
    }

    [Fact]
    public void A_setting_that_cannot_be_is_a_failure_also_in_a_warm_up()
    {
        using ModelSession session = BenchmarkSession.Open();
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, new BenchmarkOptions { Repeat = 3 }, null,
            BenchmarkSession.Configuration(OffloadMode.None, BenchmarkSession.Request() with { Width = 33 }),
            BenchmarkSession.Configuration(OffloadMode.None, BenchmarkSession.Request() with { Sampler = "nosuch" }),
            BenchmarkSession.Configuration(OffloadMode.None));

        Assert.Equal([(1, 1, "InvalidImageSize"), (2, 1, "UnknownSampler"), (3, 1, null), (3, 2, null), (3, 3, null)], runs.Select(run => (run.Number, run.Run, run.ErrorId)));
        Assert.All(runs[..2], run => Assert.Equal(MeasurementResult.Failed, run.Result));
        Assert.Contains("33x16", runs[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_end_of_the_session_everything_fails_for_that_reason()
    {
        using ModelSession session = BenchmarkSession.Open();
        using var benchmark = new GenerationBenchmark(session, [.. Enumerable.Repeat(BenchmarkSession.Configuration(OffloadMode.None), 3)], new BenchmarkOptions { Warmup = 0, Repeat = 2 });
        var runs = new List<GenerationMeasurement?> { benchmark.Measure(null, Stop) };
        session.Dispose();
        while (benchmark.Next is not null)
            runs.Add(benchmark.Measure(null, Stop));

        Assert.Equal([(1, 1, null), (1, 2, "SessionClosed"), (2, 1, "SessionClosed"), (3, 1, "SessionClosed")], runs.Select(run => (run!.Number, run.Run, run.ErrorId)));
        Assert.Equal([MeasurementResult.Success, MeasurementResult.Failed, MeasurementResult.Failed, MeasurementResult.Failed], runs.Select(run => run!.Result));
        Assert.Single(runs[1..].Select(run => run!.Reason).Distinct());
    }

    [Fact]
    public void A_stop_ends_it_and_the_session_is_as_before()
    {
        using ModelSession session = BenchmarkSession.Open();
        (OffloadOptions options, long device, long host) = (session.Offload, session.DeviceBytes, session.HostBytes);
        using var cancel = new CancellationTokenSource();
        var benchmark = new GenerationBenchmark(session, [BenchmarkSession.Configuration(OffloadMode.None), BenchmarkSession.Configuration(OffloadMode.None)], s_once);
        Assert.Throws<GenerationCancelledException>(() => benchmark.Measure(new RunCounter(progress =>
        {
            if (progress.Phase == Phase.Sample)
                cancel.Cancel();
        }), cancel.Token));
        benchmark.Dispose();

        Assert.Equal((options, device, host), (session.Offload, session.DeviceBytes, session.HostBytes));
        Assert.NotNull(session.Generate(BenchmarkSession.Request(), null, Stop));
    }

    [Fact]
    public void At_the_end_the_session_has_its_own_options_and_no_more_memory()
    {
        using ModelSession session = BenchmarkSession.Open();
        (OffloadOptions options, long device, long host) = (session.Offload, session.DeviceBytes, session.HostBytes);
        BenchmarkSession.Run(session, s_once, null, BenchmarkSession.Configuration(OffloadMode.LayerStreaming), BenchmarkSession.Configuration(OffloadMode.None, BenchmarkSession.Request() with { Height = 1 }));

        Assert.Equal(options, session.Offload);
        Assert.InRange(session.DeviceBytes, 0, device);
        Assert.InRange(session.HostBytes, 0, host);
    }

    [Fact]
    public void Pictures_that_are_made_together_are_one_run()
    {
        using ModelSession session = BenchmarkSession.Open();
        GenerationMeasurement run = Assert.Single(BenchmarkSession.Run(session, s_once, null, BenchmarkSession.Configuration(OffloadMode.None) with { BatchSize = 2 }));

        Assert.Equal((2, 2), (run.Plan!.BatchSize, run.StepSeconds.Count));
    }

    [Fact]
    public void A_warning_is_told_once()
    {
        using ModelSession session = BenchmarkSession.Open();
        var counter = new RunCounter();
        ImageRequest request = BenchmarkSession.Request() with { Prompt = string.Join(' ', Enumerable.Repeat("cat", 700)) };
        BenchmarkSession.Run(session, new BenchmarkOptions { Repeat = 2 }, counter, BenchmarkSession.Configuration(OffloadMode.None, request), BenchmarkSession.Configuration(OffloadMode.None, request));

        Assert.Contains("is longer than", Assert.Single(counter.Warnings), StringComparison.Ordinal);
    }
}
