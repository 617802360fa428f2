using ZImage.Engine.Generation;
using ZImage.Engine.Sampling;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Finds options of New-ZImage that cannot have an effect. What the command line says may silently replace what comes by the
/// pipeline; apart from that an option that does not count is spoken of.
/// </summary>
/// <param name="options">The options as they are bound.</param>
/// <param name="onCommandLine">Names of those on the command line.</param>
internal sealed class SettingsInVain(NewZImageCommand options, IReadOnlySet<string> onCommandLine)
{
    /// <summary>A sentence for each option without effect.</summary>
    /// <param name="request">What the options make, with a sampler and a scheduler that may be unknown.</param>
    public IEnumerable<string> Of(ImageRequest request)
    {
        string scheduler = SigmaSchedules.TryFind(request.Scheduler, out ISigmaSchedule? schedule) ? schedule.Name : request.Scheduler;
        string? placed = options.Sampler is null ? null : SamplerNames.Parse(options.Sampler) is ({ }, { } named) ? named : null;
        if (request.Sigmas is { } sigmas)
        {
            string[] unused = [.. UnusedBeside(sigmas)];
            if (unused.Length > 0)
                yield return $"{string.Join(" and ", unused)} {(unused.Length > 1 ? "have" : "has")} no effect: the noise levels are those of Sigmas.";
            if (placed is not null && Counts(nameof(options.Sampler), nameof(options.Sigmas)))
                yield return $"The scheduler in the name '{options.Sampler}' has no effect: the noise levels are those of Sigmas.";
        }
        else
        {
            if (placed is not null && placed != scheduler && Counts(nameof(options.Sampler), nameof(options.Scheduler)))
                yield return $"The scheduler in the name '{options.Sampler}' has no effect: it is {scheduler}.";
            if (schedule is { UsesShift: false } && options.Shift is not null && Counts(nameof(options.Shift), nameof(options.Scheduler)))
                yield return $"Shift has no effect: the scheduler {scheduler} does not look at it.";
        }

        if (options.BatchSize > 1 && options.Count is null or 1 && Counts(nameof(options.BatchSize), nameof(options.Count)))
            yield return "BatchSize has no effect: there is one picture to draw.";

        if (!Samplers.TryFind(request.Sampler, out ISampler? sampler))
            yield break;
        if (sampler.DefaultEta is null && options.Eta is not null && Counts(nameof(options.Eta), nameof(options.Sampler)))
            yield return $"Eta has no effect: the sampler {sampler.Name} takes none.";
        if (request.NegativePrompt.Length > 0 && request.CfgScale <= 1 && !sampler.UsesUnguided && Counts(nameof(options.NegativePrompt), nameof(options.CfgScale)))
            yield return "NegativePrompt has no effect: without guidance (a CfgScale above 1) there is nothing to steer away with.";
        if (sampler.Caution(new SamplingOptions { Eta = request.Eta }.EtaOf(sampler), request.CfgScale) is { } caution)
            yield return caution;
    }

    private IEnumerable<string> UnusedBeside(IReadOnlyList<float> sigmas)
    {
        bool SameSource(string name) => onCommandLine.Contains(name) == onCommandLine.Contains(nameof(options.Sigmas));
        int steps = sigmas.LastOrDefault() > 0 ? sigmas.Count : sigmas.Count - 1;
        if (options.Steps is { } given && given != steps && SameSource(nameof(options.Steps)))
            yield return nameof(options.Steps);
        if (options.Scheduler is not null && SameSource(nameof(options.Scheduler)))
            yield return nameof(options.Scheduler);
        if (options.Shift is not null && SameSource(nameof(options.Shift)))
            yield return nameof(options.Shift);
    }

    // An option of the pipeline that the command line put out of use is no matter for words.
    private bool Counts(string option, string reason) => onCommandLine.Contains(option) || !onCommandLine.Contains(reason);
}
