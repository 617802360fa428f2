namespace ZImage.Engine.Sampling;

/// <summary>The velocity field that a sampler follows: reads the latent at a noise level, writes the velocity (as long as the latent).</summary>
public delegate void VelocityModel(ReadOnlySpan<float> latent, float sigma, Span<float> velocity);

/// <summary>A solver of dx/dsigma = v(x, sigma). Samplers hold no state; one instance serves every run.</summary>
public interface ISampler
{
    /// <summary>The name users type, in the spelling of stable-diffusion.cpp.</summary>
    string Name { get; }

    /// <summary>Takes the latent from sigmas[0] to the last sigma, in place. After each step the latent holds that step's result.</summary>
    /// <param name="latent">The starting latent, already at noise level sigmas[0]; any layout.</param>
    /// <param name="sigmas">steps + 1 falling noise levels, the last usually 0.</param>
    /// <param name="model">Called with the latent and a noise level above 0; never with 0.</param>
    /// <param name="options">Progress and cancellation.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled; the latent holds the last completed step.</exception>
    void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options);
}
