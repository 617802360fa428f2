namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// SDE-DPM-Solver++(2M): <see cref="DpmSolver2MSampler"/> with fresh noise after each step but the last. As in
/// stable-diffusion.cpp the noise is that of a diffusion model, so contrasts come out stronger than a flow's. One model call a step.
/// </summary>
/// <remarks>Source: as for <see cref="DpmSolver2MSampler"/>, the midpoint form of k-diffusion.</remarks>
public sealed class DpmSolver2MSdeSampler : ISampler
{
    public string Name => "dpm++2m_sde";

    public IReadOnlyList<string> OtherNames => ["k_dpmpp_2m_sde", "sample_dpmpp_2m_sde", "dpmpp_2m_sde_gpu"];

    public string Description => "DPM-Solver++ multistep with fresh noise: one model call a step, adds noise (eta 1). Written for diffusion models.";

    public float? DefaultEta => 1;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => DpmSolver2MSampler.Sample(latent, sigmas, model, options, options.EtaOf(this));
}
