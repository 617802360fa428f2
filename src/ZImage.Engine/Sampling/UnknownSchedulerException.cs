namespace ZImage.Engine.Sampling;

/// <summary>There is no sigma schedule of the name that was asked for.</summary>
/// <param name="name">What was asked for.</param>
/// <param name="known">The schedulers there are.</param>
/// <param name="reason">Why one that other programs have is not here; null for any other name.</param>
public sealed class UnknownSchedulerException(string name, IReadOnlyList<string> known, string? reason = null)
    : ZImageException(
        "UnknownScheduler",
        $"There is no scheduler '{name}'{(reason is null ? "" : ": " + reason)}. The schedulers are {string.Join(", ", known)}.",
        "Choose one of the schedulers that the message lists.",
        name);
