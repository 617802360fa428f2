namespace ZImage.Engine.Sampling;

/// <summary>A completed step.</summary>
/// <param name="Number">1 for the first step, <paramref name="Count"/> for the last.</param>
/// <param name="Count">Number of steps of the run.</param>
/// <param name="Sigma">The noise level that the latent has now.</param>
public readonly record struct SamplingStep(int Number, int Count, float Sigma);
