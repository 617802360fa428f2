namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// RES, single step: an exponential integrator in the logarithm of the noise level with a second prediction in the middle of
/// the step. Two model calls a step, one in the last; noise only with an eta above 0.
/// </summary>
/// <remarks>Source: as for <see cref="ResMultistepSampler"/>.</remarks>
public sealed class Res2SSampler : ISampler
{
    private const float Middle = 0.5f;

    public string Name => "res_2s";

    public IReadOnlyList<string> OtherNames => ["k_res_2s", "sample_res_2s"];

    public string Description => "RES single step, an exponential integrator: second order, two model calls a step, adds noise only with an eta above 0.";

    public float? DefaultEta => 0;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        float eta = options.EtaOf(this);
        var denoised = new float[latent.Length];
        var half = new float[latent.Length];
        var halfDenoised = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model.Denoise(latent, step.From, denoised);
            AncestralStep split = AncestralStep.OfFlow(step.From, step.To, eta);
            if (split.Down == 0)
            {
                denoised.CopyTo(latent);
            }
            else
            {
                float start = -MathF.Log(step.From);
                float h = -MathF.Log(split.Down) - start;
                float toHalf = h * Middle * ExponentialIntegrator.Phi1(-h * Middle);
                for (int j = 0; j < latent.Length; j++)
                    half[j] = latent[j] + toHalf * (denoised[j] - latent[j]);
                model.Denoise(half, MathF.Exp(-(start + h * Middle)), halfDenoised);
                float second = h * ExponentialIntegrator.Phi2(-h) / Middle;
                float first = h * ExponentialIntegrator.Phi1(-h) - second;
                for (int j = 0; j < latent.Length; j++)
                    latent[j] += first * (denoised[j] - latent[j]) + second * (halfDenoised[j] - latent[j]);
            }
            split.AddNoise(latent, half, options);
        }
    }
}
