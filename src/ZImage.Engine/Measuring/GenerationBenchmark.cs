using System.Diagnostics;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Measuring;

/// <summary>
/// Measures configurations on a session, run by run. A run that does not succeed ends its configuration, never the benchmark. At the end the
/// session has its own options again, and has let go what it held for others.
/// </summary>
public sealed class GenerationBenchmark : IDisposable
{
    private readonly ModelSession _session;
    private readonly IReadOnlyList<MeasureConfiguration> _configurations;
    private readonly BenchmarkOptions _options;
    private readonly MeasurementContext _context;
    private readonly OffloadOptions _own;
    private readonly long _hostBytes;
    private readonly HashSet<string> _told = [];
    private readonly List<string> _held = [];
    private int _place, _run;
    private double _loadSeconds;
    private bool _touched;
    private ZImageException? _end;

    /// <param name="session">The session, which is to be used by nobody else meanwhile.</param>
    /// <param name="configurations">What is measured, in this order.</param>
    /// <param name="options">How often and how long.</param>
    public GenerationBenchmark(ModelSession session, IReadOnlyList<MeasureConfiguration> configurations, BenchmarkOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Repeat, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Warmup);
        _session = session;
        _configurations = configurations;
        _options = options;
        _context = MeasurementContext.Of(session);
        (_own, _hostBytes) = (session.Offload, session.HostBytes);
        _run = FirstRun;
    }

    /// <summary>The run that comes next; null at the end.</summary>
    public BenchmarkRun? Next => _place < _configurations.Count ? new BenchmarkRun(_configurations[_place], _place + 1, _configurations.Count, _run) : null;

    private int FirstRun => 1 - _options.Warmup;

    /// <summary>Makes the next run.</summary>
    /// <param name="observer">Hears the run's progress, and each warning once.</param>
    /// <param name="stop">Ends the run, and with it the benchmark.</param>
    /// <returns>What was measured; null for a warm-up that succeeded. One that did not is the result of its configuration.</returns>
    /// <exception cref="GenerationCancelledException">It was stopped.</exception>
    public GenerationMeasurement? Measure(IGenerationObserver? observer, CancellationToken stop)
    {
        BenchmarkRun run = Next ?? throw new InvalidOperationException("Everything is measured.");
        var listener = new RunListener(observer, _told);
        var measured = new MeasuredRun(_session, run, _options.Timeout, listener);
        GenerationMeasurement result = _end is null ? Make(run, measured, stop) : measured.Fault(_end);
        if (result.Result != MeasurementResult.OutOfMemory)
            _held.ForEach(listener.Warn);
        _held.Clear();
        bool succeeded = result.Result == MeasurementResult.Success;
        if (succeeded && run.Run < _options.Repeat)
            _run++;
        else
            (_place, _run) = (_place + 1, FirstRun);
        return run.IsWarmup && succeeded ? null : result with { LoadSeconds = _loadSeconds, Context = _context };
    }

    /// <summary>Gives the session its own options back.</summary>
    public void Dispose()
    {
        if (!_touched)
            return;
        _touched = false;
        try
        {
            // What is kept in host memory for a configuration may be what the session's own options keep as well, but had not read yet.
            if (_session.HostBytes > _hostBytes)
                _session.SetOffload(_own with { Reload = ReloadSource.File }, null, CancellationToken.None);
            _session.SetOffload(_own, null, CancellationToken.None);
        }
        catch (ZImageException)
        {
            // The session has ended, or its next picture says what is wrong.
        }
    }

    private GenerationMeasurement Make(BenchmarkRun run, MeasuredRun measured, CancellationToken stop)
    {
        try
        {
            if (run.Run == FirstRun)
                Enter(run, measured.Listener, stop);
            return measured.Make(stop);
        }
        catch (ZImageException fault) when (!(fault is GenerationCancelledException && stop.IsCancellationRequested))
        {
            if (fault.EndsSession || _session.HasFaulted || _session.IsClosed)
                (_end, _loadSeconds) = (fault, 0);
            return measured.Fault(fault);
        }
    }

    private void Enter(BenchmarkRun run, RunListener listener, CancellationToken stop)
    {
        _touched = true;
        _loadSeconds = run.Place == 1 ? _session.LoadDuration.TotalSeconds : 0;
        long began = Stopwatch.GetTimestamp();
        // That a configuration does not fit is its result, and needs no warning beside it.
        _session.SetOffload(run.Configuration.Offload, new HeldWarnings(listener, _held), stop);
        _loadSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private sealed class HeldWarnings(IGenerationObserver listener, List<string> held) : IGenerationObserver
    {
        public void OnProgress(GenerationProgress progress) => listener.OnProgress(progress);

        public void OnMessage(MessageLevel level, string text)
        {
            if (level == MessageLevel.Warning)
                held.Add(text);
            else
                listener.OnMessage(level, text);
        }
    }
}
