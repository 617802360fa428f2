namespace ZImage.Engine.Sampling.Solvers;

/// <summary>Euler's method: one model call a step, x += (sigma' - sigma) * v.</summary>
public sealed class EulerSampler : ISampler
{
    public string Name => "euler";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        int steps = sigmas.Length - 1;
        for (int i = 0; i < steps; i++)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            model(latent, sigmas[i], velocity);
            float dt = sigmas[i + 1] - sigmas[i];
            for (int j = 0; j < latent.Length; j++)
                latent[j] += velocity[j] * dt;
            options.StepCompleted?.Invoke(new SamplingStep(i + 1, steps, sigmas[i + 1]));
        }
    }
}
