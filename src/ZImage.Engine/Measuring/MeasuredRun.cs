using System.Diagnostics;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Measuring;

/// <summary>One run of a benchmark, from its plan to what is known of it.</summary>
internal sealed class MeasuredRun(ModelSession session, BenchmarkRun run, TimeSpan timeout, RunListener listener)
{
    private MemoryPlan? _plan;
    private long? _began;

    public RunListener Listener => listener;

    /// <summary>Draws, with the options that the session has now.</summary>
    /// <exception cref="ZImageException">It did not succeed; <see cref="Fault"/> says what is known of it.</exception>
    public GenerationMeasurement Make(CancellationToken stop)
    {
        MeasureConfiguration configuration = run.Configuration;
        // What a run that does not end was expected to take; it also measures speeds that no run has shown yet.
        _plan = session.Plan(configuration.Request, [configuration.Offload.Mode], configuration.BatchSize, encodes: false, listener, stop)[0];
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        session.Accounts.Ram.ResetPeak();
        _began = Stopwatch.GetTimestamp();
        limited.CancelAfter(timeout);
        try
        {
            return Success(session.Generate(configuration.Request, configuration.BatchSize, listener, limited.Token)[^1]);
        }
        catch (GenerationCancelledException) when (!stop.IsCancellationRequested)
        {
            return Blank(MeasurementResult.Timeout) with
            {
                Reason = FormattableString.Invariant($"It took longer than {timeout.TotalSeconds:0.###} s and was stopped."),
                ErrorId = nameof(MeasurementResult.Timeout),
            };
        }
    }

    /// <summary>What is known of a run that ended with a fault.</summary>
    public GenerationMeasurement Fault(ZImageException fault)
    {
        _plan = (fault as BudgetTooSmallException)?.Plan ?? _plan;
        bool memory = fault is BudgetTooSmallException or BudgetExceededException or BufferTooLargeException or DeviceOutOfMemoryException;
        return Blank(memory ? MeasurementResult.OutOfMemory : MeasurementResult.Failed) with { Reason = fault.Message, ErrorId = fault.ErrorId };
    }

    private GenerationMeasurement Success(GeneratedImage image)
    {
        IReadOnlyList<TimelineEntry> entries = image.Timeline.Entries;
        _plan = image.Plan;
        return Blank(MeasurementResult.Success) with
        {
            DurationSeconds = image.DurationSeconds,
            ConditionSeconds = image.Timeline.Seconds(Phase.Condition),
            OffloadSeconds = image.Timeline.Seconds(Phase.Offload),
            ReloadSeconds = entries.Sum(entry => entry.WaitSeconds),
            StepSeconds = entries.Where(entry => entry.Phase == Phase.Sample).Select(entry => entry.DurationSeconds).ToArray(),
            DecodeSeconds = image.Timeline.Seconds(Phase.Decode),
            PeakDeviceBytes = image.PeakDeviceBytes,
            PeakHostBytes = session.Accounts.Ram.PeakBytes,
            UploadedBytes = image.UploadedBytes,
            PixelHash = image.PixelHash,
            LatentHash = image.LatentHash,
            StepsDown = image.StepsDown,
            Timeline = image.Timeline,
        };
    }

    private GenerationMeasurement Blank(MeasurementResult result) => new()
    {
        Model = session.Name,
        Device = session.Device.Name,
        Number = run.Configuration.Number ?? run.Place,
        Run = Math.Max(run.Run, 1),
        Configuration = run.Configuration.Name,
        Settings = run.Configuration,
        Result = result,
        DurationSeconds = _began is { } began ? Stopwatch.GetElapsedTime(began).TotalSeconds : 0,
        StepSeconds = listener.StepSeconds,
        PredictedSeconds = _plan?.PredictedSeconds,
        PredictedPeakBytes = _plan?.PeakBytes,
        Plan = _plan,
    };
}
