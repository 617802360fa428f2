namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// The sampler of latent consistency models: each step goes to the expected image at once, and fresh noise brings it to the
/// next level. One model call a step.
/// </summary>
/// <remarks>Source: Luo, Tan, Huang, Li and Zhao, "Latent consistency models" (2023).</remarks>
public sealed class LcmSampler : ISampler
{
    public string Name => "lcm";

    public IReadOnlyList<string> OtherNames => ["sample_lcm"];

    public string Description => "Latent consistency sampling: first order, one model call a step, all noise is fresh at each step. For few steps.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var denoised = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model.Denoise(latent, step.From, denoised);
            denoised.CopyTo(latent);
            new AncestralStep(0, 1 - step.To, step.To).AddNoise(latent, denoised, options);
        }
    }
}
