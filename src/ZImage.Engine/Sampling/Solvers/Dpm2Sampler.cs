namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// The midpoint method with the middle of the logarithms: half a step, then the whole step with the velocity found there.
/// Two model calls a step; the step to sigma 0 is a plain Euler step.
/// </summary>
/// <remarks>Source: Karras, Aittala, Aila and Laine, "Elucidating the design space of diffusion-based generative models" (2022); k-diffusion calls it DPM-Solver-2.</remarks>
public sealed class Dpm2Sampler : ISampler
{
    public string Name => "dpm2";

    public IReadOnlyList<string> OtherNames => ["k_dpm_2", "sample_dpm_2"];

    public string Description => "DPM2, a midpoint method: second order, two model calls a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        var half = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, []);
            if (step.To > 0)
            {
                float middle = MathF.Exp(0.5f * (MathF.Log(step.From) + MathF.Log(step.To)));
                for (int j = 0; j < latent.Length; j++)
                    half[j] = latent[j] + velocity[j] * (middle - step.From);
                model(half, middle, velocity, []);
            }

            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * step.Length;
        }
    }
}
