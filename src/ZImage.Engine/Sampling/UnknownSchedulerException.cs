namespace ZImage.Engine.Sampling;

/// <summary>There is no sigma schedule of the name that was asked for.</summary>
public sealed class UnknownSchedulerException(string name, IReadOnlyList<string> known)
    : ZImageException(
        "UnknownScheduler",
        $"There is no scheduler '{name}'. The schedulers are {string.Join(", ", known)}.",
        "Choose one of the schedulers that the message lists.",
        name);
