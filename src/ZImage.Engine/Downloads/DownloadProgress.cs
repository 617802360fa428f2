using ZImage.Engine.Generation;

namespace ZImage.Engine.Downloads;

/// <summary>What is done with a file right now.</summary>
public enum DownloadStage
{
    /// <summary>Another process downloads it, or the hub asked for patience.</summary>
    Wait,

    Receive,

    /// <summary>Its checksum is computed.</summary>
    Check,
}

/// <summary>How far a download is.</summary>
/// <param name="File">Name of the file at work.</param>
/// <param name="Number">Its number among all files, from 1.</param>
/// <param name="Count">Files of the whole download.</param>
/// <param name="Stage">What is done with it.</param>
/// <param name="Bytes">Bytes of this file that are there, or that are checked.</param>
/// <param name="TotalBytes">Length of this file; null when unknown.</param>
/// <param name="AllBytes">Bytes of all files that are there.</param>
/// <param name="AllTotalBytes">Length of all files; null when unknown.</param>
/// <param name="BytesPerSecond">Speed of the last seconds; 0 when unknown.</param>
public sealed record DownloadProgress(
    string File, int Number, int Count, DownloadStage Stage, long Bytes, long? TotalBytes, long AllBytes, long? AllTotalBytes, double BytesPerSecond)
{
    /// <summary>Time until all files are there, at this speed; null when unknown.</summary>
    public TimeSpan? Remaining => Stage == DownloadStage.Receive && AllTotalBytes is { } total && BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Max(0, total - AllBytes) / BytesPerSecond) : null;
}

/// <summary>Listens to a download. Calls come from threads of the download, one after the other.</summary>
public interface IDownloadObserver
{
    void OnProgress(DownloadProgress progress);

    void OnMessage(MessageLevel level, string text);
}
