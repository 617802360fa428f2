namespace ZImage.Engine.Sampling;

/// <summary>Reads names that stand for a sampler and a scheduler at once, as other programs show and write them.</summary>
public static class SamplerNames
{
    // Suffixes that name no schedule: the program's own choice.
    private static readonly HashSet<string> Unspecified = new(StringComparer.Ordinal) { NameKey.Of("Automatic"), NameKey.Of("Default") };

    /// <summary>
    /// The sampler and the scheduler of a display name, by their names here: <c>DPM++ 2M Karras</c> is <c>dpm++2m</c> on
    /// <c>karras</c>, <c>Euler a</c> is <c>euler_a</c> on a scheduler that is not named, <c>euler simple</c> is both.
    /// </summary>
    /// <returns>
    /// Null for what the name leaves open. Both are null when the name is not understood as a whole: part of another
    /// sampler's name would be a wrong guess. A scheduler that is known but left out here is null beside its sampler.
    /// </returns>
    public static (string? Sampler, string? Scheduler) Parse(string displayName)
    {
        string name = displayName.Trim();
        if (Samplers.TryFind(name, out ISampler? only))
            return (only.Name, null);
        if (SigmaSchedules.TryFind(name, out ISigmaSchedule? schedule))
            return (null, schedule.Name);

        // The longest sampler's name counts: 'DPM++ 2M SDE' before 'DPM++ 2M'.
        for (int end = name.Length - 1; end > 0; end--)
        {
            if ((char.IsWhiteSpace(name[end]) || name[end] == '_') && Samplers.TryFind(name[..end], out ISampler? sampler))
            {
                string rest = name[(end + 1)..];
                if (SigmaSchedules.TryFind(rest, out schedule))
                    return (sampler.Name, schedule.Name);
                if (SigmaSchedules.WhyLeftOut(rest) is not null || Unspecified.Contains(NameKey.Of(rest)))
                    return (sampler.Name, null);
            }
        }
        return (null, null);
    }
}
