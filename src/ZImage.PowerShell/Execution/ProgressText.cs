using System.Globalization;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Execution;

/// <summary>
/// What a run's progress says to a person: of the run as a whole, and of the sampling in it. To read the prompts, and to decode a picture, count
/// as a step each.
/// </summary>
internal sealed class ProgressText
{
    private const double Gib = 1 << 30;

    private double? _secondsPerStep;

    /// <summary>Whether the run has said anything yet.</summary>
    public bool IsHeard => Status.Length > 0;

    /// <summary>What the run is at.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Share of the run that is done, 0 to 1; null before the first part that is counted.</summary>
    public double? Done { get; private set; }

    /// <summary>Seconds that are left of the run; null before the first step has shown what one takes.</summary>
    public double? Seconds { get; private set; }

    /// <summary>The step, the speed and the memory in use, and the percentage of steps; null outside sampling.</summary>
    public (string Status, int Percent)? Step { get; private set; }

    public void Hear(GenerationProgress progress)
    {
        if (progress.Remaining is { } remaining && progress.Steps > progress.Step)
            _secondsPerStep = remaining.TotalSeconds / (progress.Steps - progress.Step);
        string part = progress.Phase switch
        {
            Phase.Load => "Loading the model",
            Phase.Tokenize or Phase.Condition => progress.Drawings == 1 ? "Reading the prompt" : $"Reading {progress.Drawings} prompts",
            Phase.Sample => "Sampling",
            Phase.Offload => "Moving weights",
            _ => "Decoding the picture",
        };
        Status = progress.Drawings > 1 && progress.Drawing > 0 ? $"{progress.Drawing} of {progress.Drawings}: {part}" : part;
        int all = 1 + (progress.Drawings * (progress.Steps + 1)), earlier = Math.Max(progress.Drawing - 1, 0);
        int? done = progress.Phase switch
        {
            Phase.Tokenize or Phase.Condition => 0,
            Phase.Sample => 1 + (earlier * progress.Steps) + progress.Step,
            Phase.Decode or Phase.Encode => 1 + (progress.Drawings * progress.Steps) + earlier,
            _ => null,
        };
        // What is not counted takes nothing back of what was.
        if (done is { } steps)
            (Done, Seconds) = (Math.Min((double)steps / all, 1), _secondsPerStep * Math.Max(all - steps, 0));
        Step = progress.Phase == Phase.Sample && progress.Steps > 0 ? (Sampling(progress), 100 * Math.Min(progress.Step, progress.Steps) / progress.Steps) : null;
        if (Step is null && Memory(progress) is { } memory)
            Status += ", " + memory;
    }

    private string Sampling(GenerationProgress progress) => string.Join(", ", new[]
    {
        FormattableString.Invariant($"Step {progress.Step} of {progress.Steps}"),
        _secondsPerStep is { } seconds ? Speed(seconds) : null,
        Memory(progress),
    }.OfType<string>());

    // Who has no budget has no memory to watch either.
    private static string? Memory(GenerationProgress progress) => progress.BudgetBytes is > 0 and < long.MaxValue
        ? FormattableString.Invariant($"{progress.DeviceBytes / Gib:0.0} of {progress.BudgetBytes / Gib:0.0} GiB") : null;

    private static string Speed(double secondsPerStep) => secondsPerStep <= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{1 / Math.Max(secondsPerStep, 1e-6):0.00} it/s")
        : string.Create(CultureInfo.InvariantCulture, $"{secondsPerStep:0.0} s/it");
}
