namespace ZImage.Engine.Memory;

/// <summary>What a device's memory looks like at one moment, in bytes.</summary>
/// <param name="FreeBytes">What the device says is free.</param>
/// <param name="OwnBytes">What the session itself holds there, by its own account.</param>
/// <param name="TotalBytes">All memory of the device.</param>
/// <param name="MarginBytes">What is kept for allocations that the session does not count: pools and contexts of ggml.</param>
public readonly record struct MemoryReading(long FreeBytes, long OwnBytes, long TotalBytes, long MarginBytes)
{
    /// <summary>
    /// How much of the margin ggml has taken already, 0 before the first run; null when unknown. What is not taken yet is kept free. When it is
    /// unknown, a fall of free memory by up to the margin counts as ggml's.
    /// </summary>
    public long? MarginTakenBytes { get; init; }

    /// <summary>What the operating system lets this process use of the device, uncounted allocations included; null without such a limit.</summary>
    public long? LimitBytes { get; init; }
}

/// <summary>What a session may hold on its device now, and why it is not more.</summary>
/// <param name="Bytes">The session's allocations, those it has already included, may come to this.</param>
/// <param name="CappedByFree">Other programs have taken memory that the budget would allow, or it was never free.</param>
/// <param name="CappedByLimit">The operating system's limit made it smaller.</param>
/// <param name="AboveLimit">The user asked for more than the operating system's limit: the driver may move device memory to shared memory.</param>
public readonly record struct DeviceBudget(long Bytes, bool CappedByFree, bool CappedByLimit, bool AboveLimit);

/// <summary>
/// The budget of one session on one device. It remembers the most that was ever to be had, so that what the session and ggml allocate does not
/// lower it from one image to the next, but never promises more than is live free: what other programs take is gone at once, and back when
/// they give it back.
/// </summary>
public sealed class BudgetTracker(MemoryBudget budget)
{
    private readonly Lock _lock = new();
    private long _most;

    /// <summary>What the user asked for.</summary>
    public MemoryBudget Budget { get; } = budget;

    /// <summary>The budget at this moment. Call it with a fresh reading before each plan.</summary>
    public DeviceBudget Update(MemoryReading now)
    {
        // All that the session can have: free memory, and what it holds. Some drivers count wrongly; it cannot be more than there is.
        long total = long.Max(now.TotalBytes, 0);
        long free = long.Clamp(now.FreeBytes, 0, total);
        long live = free + long.Clamp(now.OwnBytes, 0, total - free);
        long margin = long.Max(now.MarginBytes, 0);
        return Budget.Kind is MemoryBudgetKind.Bytes or MemoryBudgetKind.Share ? Fixed(now, live, margin) : Remembered(now, live, margin);
    }

    // As much as was asked for, if ggml finds room beside it.
    private DeviceBudget Fixed(MemoryReading now, long live, long margin)
    {
        long asked = Budget.Resolve(now.FreeBytes, now.TotalBytes, now.MarginBytes);
        long bytes = long.Min(asked, long.Max(live - Rest(margin, now.MarginTakenBytes ?? margin), 0));
        return new DeviceBudget(bytes, CappedByFree: bytes < asked, CappedByLimit: false, AboveLimit: bytes > now.LimitBytes);
    }

    private DeviceBudget Remembered(MemoryReading now, long live, long margin)
    {
        long kept = Budget.Kind == MemoryBudgetKind.LeaveFree ? Budget.Bytes : margin;
        // The margin is subtracted once: what ggml has taken of it is missing from the live memory already.
        long most = long.Max(live - Rest(kept, now.MarginTakenBytes ?? 0), 0);
        long cap = long.Max(live - Rest(kept, now.MarginTakenBytes ?? kept), 0);
        lock (_lock)
            most = _most = long.Max(_most, most);
        // The limit holds for all that the process has on the device, so ggml's part comes off it, whether it is taken yet or not.
        long limit = long.Max((now.LimitBytes ?? long.MaxValue) - margin, 0);
        long bytes = long.Min(most, cap);
        return new DeviceBudget(long.Min(bytes, limit), CappedByFree: cap < most, CappedByLimit: limit < bytes, AboveLimit: false);
    }

    private static long Rest(long kept, long taken) => kept - long.Clamp(taken, 0, kept);
}
