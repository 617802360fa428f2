using System.Globalization;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Execution;

/// <summary>Turns the engine's progress into what a progress bar shows: percent, status, and speed from the steps seen so far.</summary>
internal sealed class ProgressText
{
    private TimeSpan? _samplingBegan;
    private int _firstStep, _drawing;

    /// <summary>Percent of the sampling of all drawings; -1 for parts that are not counted.</summary>
    public static int Percent(GenerationProgress progress) => progress.Phase switch
    {
        Phase.Sample when progress.Steps > 0 => Math.Clamp(100 * (Math.Max(progress.Drawing - 1, 0) * progress.Steps + progress.Step) / (progress.Steps * progress.Drawings), 0, 100),
        Phase.Tokenize or Phase.Condition => 0,
        Phase.Decode or Phase.Encode => 100,
        _ => -1,
    };

    public string Status(GenerationProgress progress)
    {
        string one = progress.Phase switch
        {
            Phase.Load => "Loading the model",
            Phase.Tokenize or Phase.Condition => progress.Drawings == 1 ? "Reading the prompt" : $"Reading {progress.Drawings} prompts",
            Phase.Sample => Sampling(progress),
            Phase.Offload => "Moving weights",
            _ => "Decoding the picture",
        };
        return progress.Drawings > 1 && progress.Drawing > 0 ? $"{progress.Drawing} of {progress.Drawings}: {one}" : one;
    }

    private string Sampling(GenerationProgress progress)
    {
        if (_samplingBegan is not { } began || _drawing != progress.Drawing)
        {
            _drawing = progress.Drawing;
            // The speed counts from the first report, which may come before or after the first step.
            (_samplingBegan, _firstStep) = (progress.Elapsed, progress.Step);
            return Steps(progress);
        }
        double seconds = (progress.Elapsed - began).TotalSeconds;
        int steps = progress.Step - _firstStep;
        return steps > 0 && seconds > 0 ? $"{Steps(progress)}, {Speed(steps / seconds)}" : Steps(progress);
    }

    private static string Steps(GenerationProgress progress) => string.Create(CultureInfo.InvariantCulture, $"Step {progress.Step} of {progress.Steps}");

    private static string Speed(double stepsPerSecond) => stepsPerSecond >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{stepsPerSecond:0.00} it/s")
        : string.Create(CultureInfo.InvariantCulture, $"{1 / stepsPerSecond:0.0} s/it");
}
