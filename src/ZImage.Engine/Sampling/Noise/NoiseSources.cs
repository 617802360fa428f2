namespace ZImage.Engine.Sampling.Noise;

/// <summary>Makes noise sources.</summary>
public static class NoiseSources
{
    /// <summary>A source of the generator's noise, at its first call.</summary>
    public static INoiseSource Create(NoiseGenerator generator, ulong seed) => generator switch
    {
        NoiseGenerator.Cuda => new PhiloxNoise(seed),
        NoiseGenerator.Cpu => new TorchCpuNoise(seed),
        _ => throw new ArgumentOutOfRangeException(nameof(generator), generator, "There is no such generator."),
    };

    /// <summary>A source for latents that stand one behind the other: each gets what a source of its own seed gives.</summary>
    /// <param name="generator">The generator.</param>
    /// <param name="seed">Seed of the first; each other has the seed after the one before.</param>
    /// <param name="images">How many latents.</param>
    public static INoiseSource CreateForBatch(NoiseGenerator generator, long seed, int images)
        => images == 1 ? Create(generator, (ulong)seed) : new Batch([.. Enumerable.Range(0, images).Select(i => Create(generator, (ulong)unchecked(seed + i)))]);

    private sealed class Batch(IReadOnlyList<INoiseSource> sources) : INoiseSource
    {
        public void Fill(Span<float> destination)
        {
            int length = destination.Length / sources.Count;
            for (int i = 0; i < sources.Count; i++)
                sources[i].Fill(destination.Slice(i * length, length));
        }
    }
}
