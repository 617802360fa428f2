namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// DDIM: for a flow it is <see cref="EulerAncestralSampler"/> with no noise unless eta asks for some. "Trailing" says where
/// its steps lie, which is the schedule's matter here. One model call a step.
/// </summary>
/// <remarks>Sources: Song, Meng and Ermon, "Denoising diffusion implicit models" (2021); Lin, Liu, Li and Yang, "Common diffusion noise schedules and sample steps are flawed" (2024).</remarks>
public sealed class DdimTrailingSampler : ISampler
{
    public string Name => "ddim_trailing";

    public IReadOnlyList<string> OtherNames => ["DDIM"];

    public string Description => "DDIM, Euler's method for a flow: first order, one model call a step, adds noise only with an eta above 0.";

    public float? DefaultEta => 0;

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => EulerAncestralSampler.Sample(latent, sigmas, model, options, options.EtaOf(this));
}
