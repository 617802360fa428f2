namespace ZImage.Engine.Generation;

/// <summary>A part of a generation, as it stands in the timeline.</summary>
public enum Phase
{
    Load,
    Tokenize,
    Condition,
    Sample,
    Decode,
    Encode,

    /// <summary>Weights leave the device, and places are made for those of the next phase.</summary>
    Offload,
}

/// <summary>Where a run is. Steps count from 1; they are 0 outside sampling.</summary>
/// <param name="Phase">The part at work.</param>
/// <param name="Step">Step that has just ended, 1 to <paramref name="Steps"/>.</param>
/// <param name="Steps">Steps of the whole sampling.</param>
/// <param name="Elapsed">Time since the run began.</param>
/// <param name="Remaining">Estimate of the time left in sampling, from the steps done; null when unknown.</param>
/// <param name="Drawing">The drawing at work, from 1, where several go through the phases together; 0 for all of them at once.</param>
/// <param name="Drawings">Drawings that go through the phases together.</param>
/// <param name="DeviceBytes">Bytes of the device's memory that the session holds now.</param>
/// <param name="BudgetBytes">Bytes of it that the session may hold; 0 when unknown.</param>
public sealed record GenerationProgress(
    Phase Phase, int Step, int Steps, TimeSpan Elapsed, TimeSpan? Remaining, int Drawing = 0, int Drawings = 1, long DeviceBytes = 0, long BudgetBytes = 0);

/// <summary>How much a message matters: ggml's log is Debug, decisions are Verbose, a degraded result is Warning.</summary>
public enum MessageLevel
{
    Debug,
    Verbose,
    Warning,
}

/// <summary>Listens to a run. Calls come from the engine's thread, in order.</summary>
public interface IGenerationObserver
{
    void OnProgress(GenerationProgress progress);

    void OnMessage(MessageLevel level, string text);

    /// <summary>The least time between two previews of a picture that is forming; null for a run without.</summary>
    TimeSpan? PreviewInterval => null;

    /// <summary>Takes a preview; called only where <see cref="PreviewInterval"/> has a value.</summary>
    void OnPreview(GenerationPreview preview)
    {
    }
}
