namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// The improved pseudo numerical method: an Adams-Bashforth method that extrapolates from the last four velocities as if all
/// steps were of one length. Fewer at the start. One model call a step.
/// </summary>
/// <remarks>
/// Sources: Liu, Ren, Lin and Zhao, "Pseudo numerical methods for diffusion models on manifolds" (2022); Zhang and Chen,
/// "Fast sampling of diffusion models with exponential integrator" (2023).
/// </remarks>
public sealed class IpndmSampler : ISampler
{
    private const int Order = 4;

    public string Name => "ipndm";

    public IReadOnlyList<string> OtherNames => ["sample_ipndm"];

    public string Description => "iPNDM, a multistep method from the last four velocities: one model call a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => Sample(latent, sigmas, model, options, variableSecondStep: false);

    /// <param name="latent">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="sigmas">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="model">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="options">As in <see cref="ISampler.Sample"/>.</param>
    /// <param name="variableSecondStep">Whether the second step, which has two velocities, takes the lengths of the steps into account.</param>
    internal static void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options, bool variableSecondStep)
    {
        var history = new History(Order, latent.Length);
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] velocity = history.Add();
            model(latent, step.From, velocity, []);
            float ratio = variableSecondStep && step.Index > 0 ? step.Length / (step.From - sigmas[step.Index - 1]) : 1;
            ReadOnlySpan<float> weights = history.Count switch
            {
                1 => [1],
                2 => [(2 + ratio) / 2, -ratio / 2],
                3 => [23f / 12, -16f / 12, 5f / 12],
                _ => [55f / 24, -59f / 24, 37f / 24, -9f / 24],
            };
            for (int age = 0; age < weights.Length; age++)
            {
                float[] of = history[age];
                for (int j = 0; j < latent.Length; j++)
                    latent[j] += of[j] * (weights[age] * step.Length);
            }
        }
    }
}
