namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// RES, multistep: an exponential integrator in the logarithm of the noise level that meets all conditions of second order,
/// from the last two expected images. One model call a step; noise only with an eta above 0.
/// </summary>
/// <remarks>Source: Zhang, Song and Chen, "Improved order analysis and design of exponential integrator for diffusion models sampling" (2023).</remarks>
public sealed class ResMultistepSampler : ISampler
{
    public string Name => "res_multistep";

    public IReadOnlyList<string> OtherNames => ["k_res_multistep", "sample_res_multistep"];

    public string Description => "RES multistep, an exponential integrator: second order, one model call a step, adds noise only with an eta above 0.";

    public float? DefaultEta => 0;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        float eta = options.EtaOf(this);
        var history = new History(2, latent.Length);
        var noise = new float[latent.Length];
        float downBefore = 0;
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] denoised = history.Add();
            model.Denoise(latent, step.From, denoised);
            AncestralStep split = AncestralStep.OfFlow(step.From, step.To, eta);
            float keep = split.Down / step.From;
            float weight = 1 - keep, weightBefore = 0;
            if (step.Index > 0 && split.Down > 0)
            {
                float h = MathF.Log(step.From) - MathF.Log(split.Down);
                float node = (MathF.Log(downBefore) - MathF.Log(sigmas[step.Index - 1])) / h;
                weightBefore = h * ExponentialIntegrator.Phi2(-h) / node;
                weight = h * ExponentialIntegrator.Phi1(-h) - weightBefore;
            }
            float[] before = history[history.Count - 1];
            for (int j = 0; j < latent.Length; j++)
                latent[j] = keep * latent[j] + weight * denoised[j] + weightBefore * before[j];
            split.AddNoise(latent, noise, options);
            downBefore = split.Down;
        }
    }
}
