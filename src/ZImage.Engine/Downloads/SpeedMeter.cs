using System.Diagnostics;

namespace ZImage.Engine.Downloads;

/// <summary>Speed over the last seconds: old enough to be calm, young enough to follow.</summary>
internal sealed class SpeedMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long Time, long Bytes)> _samples = new();

    /// <summary>Notes how many bytes have come in all, and gives the bytes per second; 0 for the first sample.</summary>
    public double Add(long bytes)
    {
        long now = Stopwatch.GetTimestamp();
        _samples.Enqueue((now, bytes));
        while (_samples.Count > 2 && Stopwatch.GetElapsedTime(_samples.Peek().Time, now) > Window)
            _samples.Dequeue();
        (long time, long first) = _samples.Peek();
        double seconds = Stopwatch.GetElapsedTime(time, now).TotalSeconds;
        return seconds > 0 ? Math.Max(0, bytes - first) / seconds : 0;
    }
}
