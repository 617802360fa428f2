using ZImage.Engine.Generation;

namespace ZImage.Engine.Measuring;

/// <summary>Hears a measured run: remembers when its steps ended, for runs that do not come to their end, and lets each warning through once.</summary>
internal sealed class RunListener(IGenerationObserver? observer, HashSet<string> told) : IGenerationObserver
{
    private readonly List<double> _steps = [];
    private TimeSpan _last;

    /// <summary>Seconds of each step that ended.</summary>
    public double[] StepSeconds => [.. _steps];

    public void OnProgress(GenerationProgress progress)
    {
        if (progress is { Phase: Phase.Sample, Step: > 0 })
            _steps.Add((progress.Elapsed - _last).TotalSeconds);
        _last = progress.Elapsed;
        observer?.OnProgress(progress);
    }

    public void OnMessage(MessageLevel level, string text)
    {
        if (level != MessageLevel.Warning || told.Add(text))
            observer?.OnMessage(level, text);
    }

    public void Warn(string text) => OnMessage(MessageLevel.Warning, text);
}
