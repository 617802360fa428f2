namespace ZImage.Engine.Sampling.Solvers;

/// <summary>Euler's method: one model call a step, x += (sigma' - sigma) * v.</summary>
public sealed class EulerSampler : ISampler
{
    public string Name => "euler";

    public IReadOnlyList<string> OtherNames => ["k_euler", "sample_euler"];

    public string Description => "Euler's method: first order, one model call a step, no added noise. What Z-Image was made with.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, []);
            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * step.Length;
        }
    }
}
