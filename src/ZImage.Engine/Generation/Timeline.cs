using System.Diagnostics;

namespace ZImage.Engine.Generation;

/// <summary>One part of a run: what, when it began and how long it took (seconds), and device bytes of ours at its end and at its peak.</summary>
public sealed record TimelineEntry(Phase Phase, string Name, double StartSeconds, double DurationSeconds, long DeviceBytes, long PeakDeviceBytes);

/// <summary>The parts of a run in the order in which they ended.</summary>
public sealed class Timeline
{
    private readonly List<TimelineEntry> _entries = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    public IReadOnlyList<TimelineEntry> Entries => _entries;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Seconds spent in a phase, all its parts together.</summary>
    public double Seconds(Phase phase) => _entries.Where(e => e.Phase == phase).Sum(e => e.DurationSeconds);

    /// <summary>Enters a part that began at <paramref name="start"/> and ends now.</summary>
    internal void Add(Phase phase, string name, TimeSpan start, Memory.DeviceMemory memory)
    {
        _entries.Add(new TimelineEntry(phase, name, start.TotalSeconds, (Elapsed - start).TotalSeconds, memory.Bytes, memory.PeakBytes));
        memory.ResetPeak();
    }

    internal T Record<T>(Phase phase, string name, Memory.DeviceMemory memory, Func<T> part)
    {
        TimeSpan start = Elapsed;
        memory.ResetPeak();
        T result = part();
        Add(phase, name, start, memory);
        return result;
    }
}
