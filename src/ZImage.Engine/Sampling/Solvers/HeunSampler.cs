namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// Heun's method, second order: a trial Euler step, then the step again with the mean of the velocities at both ends.
/// Two model calls a step; the step to sigma 0 is a plain Euler step, because the model is not defined there.
/// </summary>
public sealed class HeunSampler : ISampler
{
    public string Name => "heun";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        var trial = new float[latent.Length];
        var trialVelocity = new float[latent.Length];
        int steps = sigmas.Length - 1;
        for (int i = 0; i < steps; i++)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            model(latent, sigmas[i], velocity);
            float dt = sigmas[i + 1] - sigmas[i];
            if (sigmas[i + 1] > 0)
            {
                for (int j = 0; j < latent.Length; j++)
                    trial[j] = latent[j] + velocity[j] * dt;
                model(trial, sigmas[i + 1], trialVelocity);
                for (int j = 0; j < latent.Length; j++)
                    velocity[j] = (velocity[j] + trialVelocity[j]) / 2;
            }

            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * dt;
            options.StepCompleted?.Invoke(new SamplingStep(i + 1, steps, sigmas[i + 1]));
        }
    }
}
