namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// DPM-Solver++(2S) with fresh noise after each step but the last: half a step, then the whole step with the image expected
/// there. The middle is that of the logarithm of image to noise; at level 1 there is no image yet, and the step is one of
/// Euler's. Two model calls a step, one in the first from level 1 and in the last.
/// </summary>
/// <remarks>Source: as for <see cref="DpmSolver2MSampler"/>, the ancestral form of k-diffusion, with the split for flows.</remarks>
public sealed class DpmSolver2SAncestralSampler : ISampler
{
    private const float Pure = 1 - 1e-6f;

    public string Name => "dpm++2s_a";

    public IReadOnlyList<string> OtherNames => ["DPM++ 2S ancestral", "k_dpmpp_2s_a", "k_dpmpp_2s_ancestral", "sample_dpmpp_2s_ancestral"];

    public string Description => "DPM-Solver++ single step with fresh noise: second order, two model calls a step, adds noise (eta 1).";

    public float? DefaultEta => 1;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        float eta = options.EtaOf(this);
        var velocity = new float[latent.Length];
        var half = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            AncestralStep split = AncestralStep.OfFlow(step.From, step.To, eta);
            model(latent, step.From, velocity, []);
            if (step.To == 0 || step.From > Pure)
            {
                for (int j = 0; j < latent.Length; j++)
                    latent[j] += velocity[j] * (split.Down - step.From);
            }
            else
            {
                float middle = 1 / (MathF.Sqrt((1 - step.From) / step.From * ((1 - split.Down) / split.Down)) + 1);
                for (int j = 0; j < latent.Length; j++)
                    half[j] = latent[j] + velocity[j] * (middle - step.From);
                float keep = split.Down / step.From;
                model.Denoise(half, middle, velocity);
                for (int j = 0; j < latent.Length; j++)
                    latent[j] = latent[j] * keep + velocity[j] * (1 - keep);
            }
            split.AddNoise(latent, half, options);
        }
    }
}
