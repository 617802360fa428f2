using System.Collections.Concurrent;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Execution;

/// <summary>
/// Carries what the engine says on its thread to the pipeline's thread, the only one that may write to PowerShell's streams.
/// </summary>
/// <param name="previewInterval">The least time between two previews; null for none.</param>
internal sealed class EngineEvents(TimeSpan? previewInterval = null) : IGenerationObserver, IDisposable
{
    private readonly BlockingCollection<EngineEvent> _queue = [];

    public void OnProgress(GenerationProgress progress) => Add(new EngineEvent(progress, default, null));

    public void OnMessage(MessageLevel level, string text) => Add(new EngineEvent(null, level, text));

    public TimeSpan? PreviewInterval => previewInterval;

    public void OnPreview(GenerationPreview preview) => Add(new EngineEvent(null, default, null, Preview: preview));

    /// <summary>Hands a result over before the work has ended.</summary>
    public void OnResult(object result) => Add(new EngineEvent(null, default, null, result));

    /// <summary>Says that nothing more will come.</summary>
    public void Complete() => _queue.CompleteAdding();

    /// <summary>True when everything was received, and nothing more will come.</summary>
    public bool IsOver => _queue.IsCompleted;

    /// <summary>Waits for the next event, as long as told; false when none came.</summary>
    public bool TryReceive(TimeSpan wait, out EngineEvent item) => _queue.TryTake(out item, wait);

    public void Dispose() => _queue.Dispose();

    private void Add(EngineEvent item)
    {
        try
        {
            _queue.Add(item);
        }
        catch (InvalidOperationException)
        {
            // The run is over; a line of the log that comes later has no reader.
        }
    }
}

/// <summary>Progress, a message, a result or a preview.</summary>
internal readonly record struct EngineEvent(GenerationProgress? Progress, MessageLevel Level, string? Text, object? Result = null, GenerationPreview? Preview = null);
