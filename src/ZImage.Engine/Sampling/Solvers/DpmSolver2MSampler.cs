namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// DPM-Solver++(2M): the path is exact for an image that changes linearly in the logarithm of the noise level, which the last
/// two predictions tell. One model call a step.
/// </summary>
/// <remarks>Source: Lu, Zhou, Bao, Chen, Li and Zhu, "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models" (2022).</remarks>
public sealed class DpmSolver2MSampler : ISampler
{
    public string Name => "dpm++2m";

    public IReadOnlyList<string> OtherNames => ["k_dpmpp_2m", "sample_dpmpp_2m"];

    public string Description => "DPM-Solver++ multistep: second order, one model call a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => Sample(latent, sigmas, model, options, eta: 0);

    /// <param name="latent">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="sigmas">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="model">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="options">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="eta">How much further the solver goes than the step, for noise to bring the latent back; 0 for the plain solver.</param>
    internal static void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options, float eta)
    {
        var history = new History(2, latent.Length);
        var noise = new float[latent.Length];
        float stepBefore = 0;
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] denoised = history.Add();
            model.Denoise(latent, step.From, denoised);
            if (step.To == 0)
            {
                denoised.CopyTo(latent);
                continue;
            }

            // All in the logarithm of the noise level, downwards.
            float h = MathF.Log(step.From) - MathF.Log(step.To);
            float keep = step.To / step.From * MathF.Exp(-eta * h);
            float toImage = 1 - keep;
            float slope = history.Count > 1 ? toImage * h / (2 * stepBefore) : 0;
            float[] before = history[history.Count - 1];
            for (int j = 0; j < latent.Length; j++)
                latent[j] = keep * latent[j] + toImage * denoised[j] + slope * (denoised[j] - before[j]);
            new AncestralStep(step.To, 1, step.To * MathF.Sqrt(1 - MathF.Exp(-2 * eta * h))).AddNoise(latent, noise, options);
            stepBefore = h;
        }
    }
}
