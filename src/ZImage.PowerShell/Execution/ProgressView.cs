using System.Diagnostics;
using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Execution;

/// <summary>
/// The nested progress records of a cmdlet: all it makes, the run at work, and the sampling in it. They come ten times a second at most, and the
/// first not before a tenth of one, so that what is quickly done neither flickers nor waits for them.
/// </summary>
/// <param name="write">Takes a record, on the pipeline's thread.</param>
internal sealed class ProgressView(Action<ProgressRecord> write)
{
    // The same in all cmdlets: of several in a pipeline, the one that speaks last is the one to look at.
    private const int BatchId = 0x5A, RunId = 0x5B, StepId = 0x5C, NoParent = -1;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // The activities that are shown; those within others come later.
    private readonly SortedDictionary<int, ProgressRecord> _shown = [];
    private readonly Stopwatch _clock = new();
    private ProgressText _text = new();
    private TimeSpan _last, _begun;
    private string? _activity, _status;
    private bool _isPending;

    /// <summary>What the runs are parts of; null for a run alone.</summary>
    public BatchProgress? Batch { get; set; }

    /// <summary>How long to wait before <see cref="WriteIfDue"/>; endless when there is nothing new.</summary>
    public TimeSpan Wait
    {
        get
        {
            // A run that says at once what it is at never waited.
            TimeSpan rest = s_pause - (_clock.Elapsed - (_text.IsHeard || _last > _begun ? _last : _begun));
            return !_isPending ? Timeout.InfiniteTimeSpan : rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    /// <summary>Begins a run.</summary>
    /// <param name="activity">What it does; null for one without records.</param>
    /// <param name="status">What it is at, before it says more itself.</param>
    public void BeginRun(string? activity, string status)
    {
        _clock.Start();
        (_activity, _status, _text, _isPending, _begun) = (activity, status, new ProgressText(), activity is not null, _clock.Elapsed);
    }

    /// <summary>Remembers where the run is.</summary>
    public void Hear(GenerationProgress progress)
    {
        _text.Hear(progress);
        (_status, _isPending) = (_text.Status, _activity is not null);
    }

    /// <summary>Writes the records, if it is time for them.</summary>
    public void WriteIfDue()
    {
        if (!_isPending || Wait > TimeSpan.Zero)
            return;
        (_isPending, _last) = (false, _clock.Elapsed);
        if (Batch is { } batch)
        {
            double? done = batch.Total is { } total ? (batch.Done + batch.Share * (_text.Done ?? 0)) / total : null;
            // By the time that all until now took, but not less than the run at work still takes.
            double? seconds = done > 0 ? Math.Max(_clock.Elapsed.TotalSeconds * (1 - done.Value) / done.Value, _text.Seconds ?? 0) : null;
            Show(BatchId, NoParent, batch.Activity, batch.Status, done, seconds);
        }
        Show(RunId, Batch is null ? NoParent : BatchId, _activity!, _status!, _text.Done, _text.Seconds);
        if (_text.Step is { } step)
            Show(StepId, RunId, "Sampling", step.Status, step.Percent / 100.0, null);
        else
            Complete(StepId);
    }

    /// <summary>Takes the records of the run away.</summary>
    public void EndRun()
    {
        _isPending = false;
        Complete(RunId);
    }

    /// <summary>Takes all records away.</summary>
    public void End()
    {
        _isPending = false;
        Complete(BatchId);
    }

    // A new record each time: hosts keep what they are given.
    private void Show(int id, int parent, string activity, string status, double? done, double? seconds)
    {
        var record = new ProgressRecord(id, activity, status)
        {
            ParentActivityId = parent,
            PercentComplete = done is { } share ? (int)Math.Clamp(100 * share, 0, 100) : -1,
            SecondsRemaining = seconds is { } left ? (int)Math.Min(Math.Ceiling(left), int.MaxValue) : -1,
        };
        _shown[id] = record;
        write(record);
    }

    // With what is within it, from the inside.
    private void Complete(int id)
    {
        foreach ((int shown, ProgressRecord last) in _shown.Where(activity => activity.Key >= id).Reverse().ToList())
        {
            _shown.Remove(shown);
            write(new ProgressRecord(shown, last.Activity, "Done") { ParentActivityId = last.ParentActivityId, RecordType = ProgressRecordType.Completed });
        }
    }
}
