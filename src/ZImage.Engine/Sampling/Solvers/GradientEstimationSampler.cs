namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// Euler's method with a corrected velocity, 2 v - v of the step before, which points further along a curved path. One model
/// call a step; noise only with an eta above 0.
/// </summary>
/// <remarks>Source: Permenter and Yuan, "Interpreting and improving diffusion models from an optimization perspective" (2024).</remarks>
public sealed class GradientEstimationSampler : ISampler
{
    // The weight of the newest velocity; the one before has 1 - Gamma.
    private const float Gamma = 2;

    public string Name => "euler_ge";

    public IReadOnlyList<string> OtherNames => ["gradient_estimation", "sample_gradient_estimation"];

    public string Description => "Euler's method with gradient estimation: one model call a step, adds noise only with an eta above 0.";

    public float? DefaultEta => 0;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        float eta = options.EtaOf(this);
        var history = new History(2, latent.Length);
        var noise = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] velocity = history.Add();
            model(latent, step.From, velocity, []);
            // The step to 0 takes the velocity as it is: nothing comes after it that would set a wrong correction right.
            float gamma = history.Count > 1 && step.To > 0 ? Gamma : 1;
            float[] before = history[history.Count - 1];
            AncestralStep split = AncestralStep.OfFlow(step.From, step.To, eta);
            for (int j = 0; j < latent.Length; j++)
                latent[j] += (velocity[j] * gamma + before[j] * (1 - gamma)) * (split.Down - step.From);
            split.AddNoise(latent, noise, options);
        }
    }
}
