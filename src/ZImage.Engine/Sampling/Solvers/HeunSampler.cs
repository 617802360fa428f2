namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// Heun's method, second order: a trial Euler step, then the step again with the mean of the velocities at both ends.
/// Two model calls a step; the step to sigma 0 is a plain Euler step, because the model is not defined there.
/// </summary>
public sealed class HeunSampler : ISampler
{
    public string Name => "heun";

    public IReadOnlyList<string> OtherNames => ["k_heun", "sample_heun"];

    public string Description => "Heun's method: second order, two model calls a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        var trial = new float[latent.Length];
        var trialVelocity = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, []);
            if (step.To > 0)
            {
                for (int j = 0; j < latent.Length; j++)
                    trial[j] = latent[j] + velocity[j] * step.Length;
                model(trial, step.To, trialVelocity, []);
                for (int j = 0; j < latent.Length; j++)
                    velocity[j] = (velocity[j] + trialVelocity[j]) / 2;
            }

            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * step.Length;
        }
    }
}
