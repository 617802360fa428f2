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

    /// <summary>Waits for each event, until <see cref="Complete"/>.</summary>
    public IEnumerable<EngineEvent> Receive() => _queue.GetConsumingEnumerable();

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
