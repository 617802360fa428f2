using ZImage.Engine.Downloads;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Execution;

/// <summary>Hands what a download says to the pipeline's thread.</summary>
internal sealed class DownloadEvents(IGenerationObserver observer, Action<object> give) : IDownloadObserver
{
    public void OnProgress(DownloadProgress progress) => give(progress);

    public void OnMessage(MessageLevel level, string text) => observer.OnMessage(level, text);
}
