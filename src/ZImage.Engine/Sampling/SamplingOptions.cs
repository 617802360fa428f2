using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Sampling;

/// <summary>What a sampling run needs beside the latent, the noise levels and the model.</summary>
public sealed record SamplingOptions
{
    public static SamplingOptions None { get; } = new();

    /// <summary>Share of fresh noise a step, 0 to 1, for samplers that take one; null for the sampler's own.</summary>
    public float? Eta { get; init; }

    /// <summary>Where added noise comes from: the source that made the start noise. Needed by samplers that add some.</summary>
    public INoiseSource? Noise { get; init; }

    /// <summary>Called after each completed step, on the thread that samples.</summary>
    public Action<SamplingStep>? StepCompleted { get; init; }

    /// <summary>Looked at before each step; the model looks at it between its own blocks.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The eta that counts for a sampler; 0 for one that takes none.</summary>
    public float EtaOf(ISampler sampler) => sampler.DefaultEta is { } own ? Eta ?? own : 0;

    /// <summary>Fresh noise, as long as <paramref name="destination"/>.</summary>
    /// <exception cref="InvalidOperationException">The options name no source.</exception>
    internal void FillNoise(Span<float> destination)
        => (Noise ?? throw new InvalidOperationException("The sampler adds noise, and its options name no source of it.")).Fill(destination);
}
