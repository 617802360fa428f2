namespace ZImage.Engine.Sampling.Solvers;

/// <summary>Euler's method with fresh noise after each step but the last; with eta 0 it is Euler's method. One model call a step.</summary>
/// <remarks>The ancestral sampler of k-diffusion, with the split that keeps image and noise in a flow's proportion.</remarks>
public sealed class EulerAncestralSampler : ISampler
{
    public string Name => "euler_a";

    public IReadOnlyList<string> OtherNames => ["Euler ancestral", "k_euler_a", "k_euler_ancestral", "sample_euler_ancestral"];

    public string Description => "Euler's method with fresh noise: first order, one model call a step, adds noise (eta 1).";

    public float? DefaultEta => 1;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => Sample(latent, sigmas, model, options, options.EtaOf(this));

    internal static void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options, float eta)
    {
        var velocity = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, []);
            AncestralStep split = AncestralStep.OfFlow(step.From, step.To, eta);
            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * (split.Down - step.From);
            split.AddNoise(latent, velocity, options);
        }
    }
}
