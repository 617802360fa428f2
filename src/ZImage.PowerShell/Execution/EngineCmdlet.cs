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
    // One for all: in a pipeline of several such cmdlets, the one that speaks last is the one to look at.
    private const int ActivityId = 0x5A;

    private readonly CancellationTokenSource _stop = new();

    /// <summary>The activity that the engine's is a part of; -1 for none.</summary>
    private protected int ParentActivityId { get; init; } = -1;

    /// <summary>Where pictures are seen forming; null for nowhere.</summary>
    private protected PreviewScreen? PreviewScreen { get; set; }

    /// <summary>Cancels the work; PowerShell calls this on a thread of its own.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Runs <paramref name="work"/> and writes its progress and messages until it ends.</summary>
    /// <param name="activity">What the progress bar says is going on; null for work without one.</param>
    /// <param name="work">Gets the listener for the engine and a token that is cancelled when the pipeline stops.</param>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped.</exception>
    private protected T RunEngine<T>(string? activity, Func<IGenerationObserver, CancellationToken, T> work)
        => Run(activity, (events, cancellation) => work(events, cancellation), _ => { });

    /// <summary>Runs <paramref name="work"/> and writes its progress and messages until it ends, and takes its results as they come.</summary>
    /// <param name="activity">What the progress bar says is going on.</param>
    /// <param name="work">Gets the listener for the engine, what takes a result, and a token that is cancelled when the pipeline stops.</param>
    /// <param name="receive">Called with each result on the pipeline's thread, while the work goes on.</param>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped.</exception>
    private protected void RunEngine<T>(string? activity, Action<IGenerationObserver, Action<T>, CancellationToken> work, Action<T> receive)
        where T : class
        => Run(activity, (events, cancellation) =>
        {
            work(events, events.OnResult, cancellation);
            return true;
        }, result => receive((T)result));

    private T Run<T>(string? activity, Func<EngineEvents, CancellationToken, T> work, Action<object> receive)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var events = new EngineEvents(PreviewScreen is null ? null : PreviewScreen.Interval);
        Task<T> running = Start(events, cancellation.Token, work);
        try
        {
            WriteEvents(events, activity, receive);
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
            if (activity is not null && !Stopping)
                WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { ParentActivityId = ParentActivityId, RecordType = ProgressRecordType.Completed });
        }
        return Result(running);
    }

    /// <summary>The device of a name, or the first that works for <c>Auto</c>; ggml's log goes to the observer.</summary>
    private protected static Device FindDevice(string name, IGenerationObserver observer)
    {
        using (GgmlLog.Use((_, line) => observer.OnMessage(MessageLevel.Debug, line)))
            return Devices.Find(name);
    }

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

    private void WriteEvents(EngineEvents events, string? activity, Action<object> receive)
    {
        var text = new ProgressText();
        foreach (EngineEvent item in events.Receive())
        {
            if (item.Preview is { } preview)
            {
                PreviewScreen?.Show(preview);
            }
            else if (item.Result is { } result)
            {
                PreviewScreen?.Clear();
                receive(result);
            }
            else if (item.Progress is { } progress)
            {
                if (activity is null)
                    continue;
                // A new record each time: hosts keep what they are given.
                WriteProgress(new ProgressRecord(ActivityId, activity, text.Status(progress))
                {
                    ParentActivityId = ParentActivityId,
                    PercentComplete = ProgressText.Percent(progress),
                    SecondsRemaining = progress.Remaining is { } remaining ? (int)Math.Ceiling(remaining.TotalSeconds) : -1,
                });
            }
            else
            {
                WriteMessage(item.Level, item.Text!);
            }
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
