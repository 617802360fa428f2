namespace ZImage.Engine.Sampling;

/// <summary>There is no sampler of the name that was asked for.</summary>
/// <param name="name">What was asked for.</param>
/// <param name="known">The samplers there are.</param>
/// <param name="reason">Why one that other programs have is not here; null for any other name.</param>
public sealed class UnknownSamplerException(string name, IReadOnlyList<string> known, string? reason = null)
    : ZImageException(
        "UnknownSampler",
        $"There is no sampler '{name}'{(reason is null ? "" : ": " + reason)}. The samplers are {string.Join(", ", known)}.",
        "Choose one of the samplers that the message lists.",
        name);
