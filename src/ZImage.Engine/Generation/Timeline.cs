using System.Diagnostics;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Generation;

/// <summary>
/// One part of a run: what, when it began and how long it took (seconds), device bytes of ours at its end and at its peak, bytes moved to the
/// device, and the seconds of its duration in which the computation waited for them, as far as <see cref="WeightTransfer.WaitSeconds"/> sees it.
/// </summary>
public sealed record TimelineEntry(
    Phase Phase, string Name, double StartSeconds, double DurationSeconds, long DeviceBytes, long PeakDeviceBytes, long UploadedBytes, double WaitSeconds = 0);

/// <summary>The parts of a run in the order in which they ended.</summary>
public sealed class Timeline
{
    internal Timeline(IReadOnlyList<TimelineEntry> entries) => Entries = entries;

    public IReadOnlyList<TimelineEntry> Entries { get; }

    /// <summary>Seconds spent in a phase, all its parts together.</summary>
    public double Seconds(Phase phase) => Entries.Where(e => e.Phase == phase).Sum(e => e.DurationSeconds);

    /// <summary>The phases in the order in which they began, each with its seconds.</summary>
    public override string ToString() => string.Join(", ", Entries.Select(e => e.Phase).Distinct().Select(phase => FormattableString.Invariant($"{phase} {Seconds(phase):F3} s")));
}

/// <summary>Records the parts of a run of one or more drawings.</summary>
internal sealed class TimelineRecorder
{
    private readonly List<(int? Drawing, TimelineEntry Entry)> _entries = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly DeviceMemory _memory;
    private readonly WeightTransfer _transfer;
    private long _uploaded;
    private double _waited;

    public TimelineRecorder(DeviceMemory memory, WeightTransfer transfer)
    {
        (_memory, _transfer) = (memory, transfer);
        Begin();
    }

    /// <summary>The drawing whose parts are recorded; null for what is done for all of them.</summary>
    public int? Drawing { get; set; }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The part that was entered last.</summary>
    public TimelineEntry Last => _entries[^1].Entry;

    /// <summary>What was done so far for a drawing, or for all.</summary>
    // An array: PowerShell cannot index the list that a collection expression would make.
    public Timeline Of(int drawing) => new(_entries.Where(part => (part.Drawing ?? drawing) == drawing).Select(part => part.Entry).ToArray());

    /// <summary>Enters a part that began at <paramref name="start"/>, behind the part before it, and ends now.</summary>
    public TimelineEntry Add(Phase phase, string name, TimeSpan start)
    {
        var entry = new TimelineEntry(phase, name, start.TotalSeconds, (Elapsed - start).TotalSeconds,
            _memory.Bytes, _memory.PeakBytes, _transfer.Bytes - _uploaded, _transfer.WaitSeconds - _waited);
        _entries.Add((Drawing, entry));
        Begin();
        return entry;
    }

    public T Record<T>(Phase phase, string name, Func<T> part)
    {
        TimeSpan start = Elapsed;
        Begin();
        T result = part();
        Add(phase, name, start);
        return result;
    }

    /// <summary>Forgets peaks and bytes of what was begun and did not end.</summary>
    public void Begin()
    {
        _memory.ResetPeak();
        (_uploaded, _waited) = (_transfer.Bytes, _transfer.WaitSeconds);
    }
}
