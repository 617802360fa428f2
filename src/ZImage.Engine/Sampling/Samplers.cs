using ZImage.Engine.Sampling.Solvers;

namespace ZImage.Engine.Sampling;

/// <summary>Every sampler, by name. A new sampler is one file in Solvers and one line here.</summary>
public static class Samplers
{
    private static readonly NameTable<ISampler> Table = new(s => s.Name,
    [
        new EulerSampler(),
        new HeunSampler(),
    ]);

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names => Table.Names;

    /// <summary>The sampler of a name, whatever its case.</summary>
    /// <exception cref="UnknownSamplerException">There is none of that name; the message lists those there are.</exception>
    public static ISampler Get(string name) => Table.Find(name) ?? throw new UnknownSamplerException(name, Names);
}
