namespace ZImage.Engine.Downloads;

/// <summary>How patient a download is. Another one than the default is for tests.</summary>
public sealed record DownloadPolicy
{
    public static DownloadPolicy Default { get; } = new();

    /// <summary>Failures in a row, without a byte between them, until the download is given up.</summary>
    public int Tries { get; init; } = 6;

    /// <summary>Wait after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait that a hub may ask for; a longer one ends the download.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Silence after which a connection counts as lost.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between two looks at a file that another process downloads.</summary>
    public TimeSpan LockDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between two reports of progress.</summary>
    public TimeSpan ReportDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    internal Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>Free bytes of the drive of a folder; null where the system does not tell.</summary>
    internal Func<string, long?> FreeBytes { get; init; } = folder =>
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Network folders have no drive to ask; a write that fails says it then.
            return null;
        }
    };

    internal TimeSpan DelayAfter(int failures)
        => TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(failures - 1, 20)));
}
