using System.Globalization;
using System.Management.Automation;
using ZImage.Engine.Downloads;
using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Execution;

/// <summary>Turns the progress of a download into what a progress bar shows: percent and time left of all files, bytes and speed of the one at work.</summary>
internal static class DownloadText
{
    public static ProgressRecord Record(int activityId, string activity, DownloadProgress progress) => new(activityId, activity, Status(progress))
    {
        PercentComplete = progress.AllTotalBytes is > 0 and { } total ? (int)Math.Clamp(100 * progress.AllBytes / total, 0, 100) : -1,
        SecondsRemaining = progress.Remaining is { } remaining ? (int)Math.Min(int.MaxValue, Math.Ceiling(remaining.TotalSeconds)) : -1,
    };

    private static string Status(DownloadProgress progress)
    {
        string file = progress.Count > 1 ? $"{progress.File} ({progress.Number} of {progress.Count})" : progress.File;
        string bytes = progress.TotalBytes is { } total ? $"{ByteSize.Text(progress.Bytes)} of {ByteSize.Text(total)}" : ByteSize.Text(progress.Bytes);
        return progress.Stage switch
        {
            DownloadStage.Wait => $"{file}: waiting at {bytes}",
            DownloadStage.Check => $"{file}: checking, {bytes}",
            _ => progress.BytesPerSecond > 0 ? $"{file}: {bytes}, {Speed(progress.BytesPerSecond)}" : $"{file}: {bytes}",
        };
    }

    private static string Speed(double bytesPerSecond) => string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / (1 << 20):0.0} MiB/s");
}
