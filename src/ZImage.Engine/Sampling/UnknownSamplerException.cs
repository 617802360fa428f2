namespace ZImage.Engine.Sampling;

/// <summary>There is no sampler of the name that was asked for.</summary>
public sealed class UnknownSamplerException(string name, IReadOnlyList<string> known)
    : ZImageException(
        "UnknownSampler",
        $"There is no sampler '{name}'. The samplers are {string.Join(", ", known)}.",
        "Choose one of the samplers that the message lists.",
        name);
