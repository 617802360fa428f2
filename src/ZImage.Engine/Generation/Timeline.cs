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
    private readonly List<TimelineEntry> _entries = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly DeviceMemory _memory;
    private readonly WeightTransfer _transfer;
    private long _uploaded;
    private double _waited;

    internal Timeline(DeviceMemory memory, WeightTransfer transfer)
    {
        (_memory, _transfer) = (memory, transfer);
        Begin();
    }

    /// <summary>A run that ended long ago, to which nothing is added; for tests.</summary>
    internal Timeline(IEnumerable<TimelineEntry> entries)
    {
        (_memory, _transfer) = (null!, null!);
        _entries.AddRange(entries);
    }

    public IReadOnlyList<TimelineEntry> Entries => _entries;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Seconds spent in a phase, all its parts together.</summary>
    public double Seconds(Phase phase) => _entries.Where(e => e.Phase == phase).Sum(e => e.DurationSeconds);

    /// <summary>Enters a part that began at <paramref name="start"/>, behind the part before it, and ends now.</summary>
    internal TimelineEntry Add(Phase phase, string name, TimeSpan start)
    {
        var entry = new TimelineEntry(phase, name, start.TotalSeconds, (Elapsed - start).TotalSeconds,
            _memory.Bytes, _memory.PeakBytes, _transfer.Bytes - _uploaded, _transfer.WaitSeconds - _waited);
        _entries.Add(entry);
        Begin();
        return entry;
    }

    internal T Record<T>(Phase phase, string name, Func<T> part)
    {
        TimeSpan start = Elapsed;
        Begin();
        T result = part();
        Add(phase, name, start);
        return result;
    }

    private void Begin()
    {
        _memory.ResetPeak();
        (_uploaded, _waited) = (_transfer.Bytes, _transfer.WaitSeconds);
    }
}
