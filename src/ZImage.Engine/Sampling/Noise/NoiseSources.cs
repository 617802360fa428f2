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
}
