namespace ZImage.Engine.Sampling.Solvers;

/// <summary><see cref="IpndmSampler"/> whose second step takes the lengths of the steps into account. One model call a step.</summary>
public sealed class IpndmVSampler : ISampler
{
    public string Name => "ipndm_v";

    public IReadOnlyList<string> OtherNames => ["sample_ipndm_v"];

    public string Description => "iPNDM that heeds the length of its second step: a multistep method, one model call a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
        => IpndmSampler.Sample(latent, sigmas, model, options, variableSecondStep: true);
}
