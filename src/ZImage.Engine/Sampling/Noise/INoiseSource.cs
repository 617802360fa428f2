namespace ZImage.Engine.Sampling.Noise;

/// <summary>
/// A stream of standard normal deviates that a seed determines. One source serves one image: its first call makes the start
/// noise, the calls after it the noise that a sampler adds. Not safe for use from several threads at once.
/// </summary>
public interface INoiseSource
{
    /// <summary>
    /// Writes standard normal values. One call makes the noise of one whole latent, width fastest, then height, then
    /// channel; the next call continues with fresh values.
    /// </summary>
    void Fill(Span<float> destination);
}
