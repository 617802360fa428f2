namespace ZImage.Engine.Sampling;

/// <summary>The velocity field that a sampler follows.</summary>
/// <param name="latent">Where to ask, at the noise level <paramref name="sigma"/>.</param>
/// <param name="sigma">Noise level, above 0.</param>
/// <param name="velocity">Takes the velocity; as long as the latent.</param>
/// <param name="unguided">
/// Takes the velocity for the negative prompt, which equals <paramref name="velocity"/> without guidance. Empty where the
/// sampler has no use for it.
/// </param>
public delegate void VelocityModel(ReadOnlySpan<float> latent, float sigma, Span<float> velocity, Span<float> unguided);

/// <summary>A solver of dx/dsigma = v(x, sigma). Samplers hold no state; one instance serves every run.</summary>
public interface ISampler
{
    /// <summary>The name users type, in the spelling of stable-diffusion.cpp.</summary>
    string Name { get; }

    /// <summary>What other programs call it, beside spellings of the name.</summary>
    IReadOnlyList<string> OtherNames => [];

    /// <summary>One line for those who choose: order, model calls a step, whether it adds noise.</summary>
    string Description { get; }

    /// <summary>The eta used where none is given; null for a sampler that takes none.</summary>
    float? DefaultEta => null;

    /// <summary>
    /// True for a sampler that steers with the unguided velocity beside the guided one. The model is then asked for both
    /// whatever the scale of guidance, which may be below 1.
    /// </summary>
    bool UsesUnguided => false;

    /// <summary>What somebody should know who samples with these settings; null for nothing.</summary>
    /// <param name="eta">The share of fresh noise; 0 for a sampler that takes none.</param>
    /// <param name="cfgScale">Scale of guidance.</param>
    string? Caution(float eta, float cfgScale) => null;

    /// <summary>Takes the latent from sigmas[0] to the last sigma, in place. After each step the latent holds that step's result.</summary>
    /// <param name="latent">The starting latent, already at noise level sigmas[0]; any layout.</param>
    /// <param name="sigmas">steps + 1 noise levels, each below the one before, the last usually 0.</param>
    /// <param name="model">Called with the latent and a noise level above 0; never with 0.</param>
    /// <param name="options">Fresh noise, progress and cancellation.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled; the latent holds the last completed step.</exception>
    void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options);
}
