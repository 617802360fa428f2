using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Ggml;
using ZImage.PowerShell.Cmdlets;
using ZImage.PowerShell.Terminal;

namespace ZImage.PowerShell.Execution;

/// <summary>
/// A cmdlet whose work runs on a thread of its own, while the pipeline's thread writes what the engine reports. Ctrl+C cancels
/// the work and waits until the engine has let go, so that the session stays usable.
/// </summary>
public abstract class EngineCmdlet : ZImageCmdlet
{
    // Until the engine says what it is at, others are before it.
    private const string Waiting = "Waiting for the model";

    private readonly CancellationTokenSource _stop = new();
    private readonly ProgressView _progress;

    private protected EngineCmdlet() => _progress = new ProgressView(WriteProgress);

    /// <summary>Names of the options on the command line; others come by the pipeline.</summary>
    private protected IReadOnlySet<string> OnCommandLine { get; private set; } = new HashSet<string>();

    /// <summary>What the runs are parts of, for the outermost progress record; null for a run alone.</summary>
    private protected BatchProgress? Batch
    {
        get => _progress.Batch;
        set => _progress.Batch = value;
    }

    protected override void BeginProcessing()
        => OnCommandLine = MyInvocation.BoundParameters.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where pictures are seen forming; null for nowhere.</summary>
    private protected PreviewScreen? PreviewScreen { get; set; }

    /// <summary>Cancels the work; PowerShell calls this on a thread of its own.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Works on a batch, and takes its progress away where that fails.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="ends">Whether the batch is done then.</param>
    private protected void WithBatch(Action work, bool ends)
    {
        try
        {
            work();
        }
        catch
        {
            ends = true;
            throw;
        }
        finally
        {
            if (ends && !Stopping)
                _progress.End();
        }
    }

    /// <summary>Runs <paramref name="work"/> and writes its progress and messages until it ends.</summary>
    /// <param name="activity">What the progress bar says is going on; null for work without one.</param>
    /// <param name="work">Gets the listener for the engine and a token that is cancelled when the pipeline stops.</param>
    /// <param name="status">What it is at before it reports progress of its own.</param>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped.</exception>
    private protected T RunEngine<T>(string? activity, Func<IGenerationObserver, CancellationToken, T> work, string status = Waiting)
        => Run(activity, status, (events, cancellation) => work(events, cancellation), _ => { });

    /// <summary>Runs <paramref name="work"/> and writes its progress and messages until it ends, and takes its results as they come.</summary>
    /// <param name="activity">What the progress bar says is going on.</param>
    /// <param name="work">Gets the listener for the engine, what takes a result, and a token that is cancelled when the pipeline stops.</param>
    /// <param name="receive">Called with each result on the pipeline's thread, while the work goes on.</param>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped.</exception>
    private protected void RunEngine<T>(string? activity, Action<IGenerationObserver, Action<T>, CancellationToken> work, Action<T> receive)
        where T : class
        => Run(activity, Waiting, (events, cancellation) =>
        {
            work(events, events.OnResult, cancellation);
            return true;
        }, result => receive((T)result));

    private T Run<T>(string? activity, string status, Func<EngineEvents, CancellationToken, T> work, Action<object> receive)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var events = new EngineEvents(PreviewScreen is null ? null : PreviewScreen.Interval);
        Task<T> running = Start(events, cancellation.Token, work);
        try
        {
            _progress.BeginRun(activity, status);
            WriteEvents(events, receive);
        }
        catch
        {
            // Writing ended early: the pipeline stops, or a preference says Stop. The work must end before anything else happens.
            cancellation.Cancel();
            Task.WaitAny(running);
            if (running.IsCompletedSuccessfully && running.Result is IDisposable unused)
                unused.Dispose();
            throw;
        }
        finally
        {
            PreviewScreen?.Clear();
            if (!Stopping)
                _progress.EndRun();
        }
        return Result(running);
    }

    /// <summary>The device of a name, or the first that works for <c>Auto</c>; ggml's log goes to the observer.</summary>
    private protected static Device FindDevice(string name, IGenerationObserver observer)
    {
        using (GgmlLog.Use((_, line) => observer.OnMessage(MessageLevel.Debug, line)))
        {
            Device found = Devices.Find(name);
            if (name.Equals("Auto", StringComparison.OrdinalIgnoreCase))
                observer.OnMessage(MessageLevel.Verbose, $"Auto takes {found.Name} ({found.Description}).{string.Concat(PassedOver(found))}");
            return found;
        }
    }

    // They were asked already, in this order.
    private static IEnumerable<string> PassedOver(Device found)
        => from backend in (BackendKind[])[BackendKind.Cuda, BackendKind.Vulkan]
           where found.Backend == BackendKind.Cpu || (found.Backend == BackendKind.Vulkan && backend == BackendKind.Cuda)
           from device in Devices.List(backend)
           select device.IsAvailable ? $" {device.Name} is no graphics card." : $" {device.Name}: {device.Description}";

    private T Result<T>(Task<T> running)
    {
        try
        {
            return running.GetAwaiter().GetResult();
        }
        catch (Exception e) when (Stopping && e is GenerationCancelledException or OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    private static Task<T> Start<T>(EngineEvents events, CancellationToken cancellation, Func<EngineEvents, CancellationToken, T> work)
        => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return work(events, cancellation);
                }
                finally
                {
                    events.Complete();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void WriteEvents(EngineEvents events, Action<object> receive)
    {
        while (!events.IsOver)
        {
            if (events.TryReceive(_progress.Wait, out EngineEvent item))
            {
                if (item.Preview is { } preview)
                    PreviewScreen?.Show(preview);
                else if (item.Result is { } result)
                {
                    PreviewScreen?.Clear();
                    receive(result);
                }
                else if (item.Progress is { } progress)
                    _progress.Hear(progress);
                else
                    WriteMessage(item.Level, item.Text!);
            }
            _progress.WriteIfDue();
        }
    }

    private void WriteMessage(MessageLevel level, string text)
    {
        // A preview goes back over its own lines alone. ggml's log is not shown, as a rule.
        if (level != MessageLevel.Debug)
            PreviewScreen?.Clear();
        switch (level)
        {
            case MessageLevel.Warning:
                WriteWarning(text);
                break;
            case MessageLevel.Verbose:
                WriteVerbose(text);
                break;
            default:
                WriteDebug(text);
                break;
        }
    }
}
