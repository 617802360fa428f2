using System.Diagnostics.CodeAnalysis;
using ZImage.Engine.Sampling.Noise;
using ZImage.Engine.Sampling.Solvers;

namespace ZImage.Engine.Sampling;

/// <summary>Every sampler, by name. A new sampler is one file in Solvers and one line here.</summary>
/// <remarks>
/// Of the samplers of stable-diffusion.cpp two are left out. <c>tcd</c> computes with the variance preserving noise of
/// diffusion models, which a flow does not have. <c>dpm++2m_sde_bt</c> draws its noise with the random engine of the C++
/// library it was compiled with, so its pictures cannot be repeated elsewhere.
/// </remarks>
public static class Samplers
{
    private static readonly NameTable<ISampler> Table = new(s => s.Name, s => s.OtherNames,
    [
        new DdimTrailingSampler(),
        new Dpm2Sampler(),
        new DpmSolver2MSampler(),
        new DpmSolver2MSdeSampler(),
        new DpmSolver2MV2Sampler(),
        new DpmSolver2SAncestralSampler(),
        new ErSdeSampler(),
        new EulerAncestralCfgPlusPlusSampler(),
        new EulerAncestralSampler(),
        new EulerCfgPlusPlusSampler(),
        new EulerSampler(),
        new GradientEstimationSampler(),
        new HeunSampler(),
        new IpndmSampler(),
        new IpndmVSampler(),
        new LcmSampler(),
        new LmsSampler(),
        new Res2SSampler(),
        new ResMultistepSampler(),
    ]);

    // By key, since other spellings ask for the same.
    private static readonly Dictionary<string, string> LeftOut = new(StringComparer.Ordinal)
    {
        [NameKey.Of("tcd")] = "it computes with the noise of another kind of model, not with that of a flow",
        [NameKey.Of("dpm++2m_sde_bt")] = "its noise comes from the random engine of a C++ library, which cannot be repeated elsewhere",
    };

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names => Table.Names;

    /// <summary>The sampler of a name, whatever its case, also by the name that another program gives it.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ISampler? sampler) => (sampler = Table.Find(name)) is not null;

    /// <summary>The sampler of a name, whatever its case, also by the name that another program gives it.</summary>
    /// <exception cref="UnknownSamplerException">There is none of that name; the message lists those there are.</exception>
    public static ISampler Get(string name)
        => Table.Find(name) ?? throw new UnknownSamplerException(name, Names, LeftOut.GetValueOrDefault(NameKey.Of(name)));

    /// <summary>How often a sampler asks the model along noise levels: by a run on a single value.</summary>
    public static int CountEvaluations(ISampler sampler, ReadOnlySpan<float> sigmas, float? eta)
    {
        int count = 0;
        sampler.Sample(new float[1], sigmas, (_, _, velocity, unguided) =>
        {
            count++;
            velocity.Clear();
            unguided.Clear();
        }, new SamplingOptions { Eta = eta, Noise = new Silence() });
        return count;
    }

    private sealed class Silence : INoiseSource
    {
        public void Fill(Span<float> destination) => destination.Clear();
    }
}
