namespace ZImage.Engine.Sampling.Solvers;

/// <summary>The other form of a prediction: many solvers are written for the image that the model expects instead of the velocity.</summary>
internal static class Denoising
{
    /// <summary>Writes the image expected at the end of a straight flow from here: x - sigma v.</summary>
    public static void Denoise(this VelocityModel model, ReadOnlySpan<float> latent, float sigma, Span<float> denoised)
    {
        model(latent, sigma, denoised, []);
        for (int i = 0; i < denoised.Length; i++)
            denoised[i] = latent[i] - sigma * denoised[i];
    }
}
