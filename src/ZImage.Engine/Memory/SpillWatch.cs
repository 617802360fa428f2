using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>
/// Notices that the driver has moved device memory into shared system memory, where computing on it is many times slower: shared usage grew by
/// more than the pinned host memory of ours, which Windows counts there too, or the card holds more for us than Windows grants.
/// </summary>
/// <param name="read">The account of the card; null when it is not known, and then nothing is reported.</param>
public sealed class SpillWatch(Func<VideoMemoryUsage?> read)
{
    // Drivers keep buffers of their own in shared memory.
    private const long Tolerance = 64L << 20;

    private (long Shared, long Pinned)? _baseline;
    private long _reportedSpill;
    private long _reportedExcess;

    /// <summary>Bytes in shared memory that are not pinned memory of ours, beyond the baseline, at the last <see cref="Check"/>.</summary>
    public long SpilledBytes { get; private set; }

    /// <summary>Bytes on the card beyond what Windows grants at the last <see cref="Check"/>.</summary>
    public long ExcessBytes { get; private set; }

    /// <summary>What is in shared memory now is the baseline: call it before the first allocation, and where a new account begins.</summary>
    /// <param name="pinnedBytes">Pinned host memory of ours at this moment.</param>
    public void Start(long pinnedBytes)
    {
        _baseline = read() is { } usage ? (usage.SharedUsageBytes, pinnedBytes) : null;
        (_reportedSpill, _reportedExcess, SpilledBytes, ExcessBytes) = (0, 0, 0, 0);
    }

    /// <summary>
    /// A warning when there is a spill, with numbers; null when there is none, or none worth another warning: each is given again only when it
    /// has grown by 64 MiB beyond the last one. Without a baseline the first reading becomes it.
    /// </summary>
    /// <param name="pinnedBytes">Pinned host memory of ours at this moment.</param>
    public string? Check(long pinnedBytes)
    {
        if (read() is not { } usage)
            return null;
        (long shared, long pinned) = _baseline ??= (usage.SharedUsageBytes, pinnedBytes);
        SpilledBytes = long.Max(usage.SharedUsageBytes - shared - (pinnedBytes - pinned), 0);
        ExcessBytes = long.Max(usage.LocalUsageBytes - usage.LocalBudgetBytes, 0);

        bool spilled = SpilledBytes > _reportedSpill + Tolerance;
        bool exceeds = ExcessBytes > (_reportedExcess == 0 ? 0 : _reportedExcess + Tolerance);
        if (!spilled && !exceeds)
            return null;
        (_reportedSpill, _reportedExcess) = (long.Max(_reportedSpill, SpilledBytes), long.Max(_reportedExcess, ExcessBytes));
        string what = SpilledBytes > Tolerance
            ? $"The driver holds {Text(SpilledBytes)} of device memory in shared system memory, which is many times slower"
            : "The driver may move device memory to shared system memory, which is many times slower";
        return $"{what}: this process uses {Text(usage.LocalUsageBytes)} on the card, and Windows grants it {Text(usage.LocalBudgetBytes)}. "
            + "Give a smaller VramBudget, or close other programs that use the card.";
    }

    private static string Text(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:F1} MiB");
}
