namespace ZImage.Engine.Models;

/// <summary>
/// A latent as a sequence of patches. The latent is laid out width fastest, then height, then channel; a patch is 2 x 2 latent pixels,
/// its values ordered (row in patch, column in patch, channel), channel fastest; patches run row by row.
/// </summary>
internal static class Patches
{
    private const int Patch = TransformerConfig.Patch;

    public static void FromLatent(ReadOnlySpan<float> latent, int width, int height, int channels, Span<float> patches)
    {
        int at = 0;
        for (int row = 0; row < height; row += Patch)
            for (int column = 0; column < width; column += Patch)
                for (int y = 0; y < Patch; y++)
                    for (int x = 0; x < Patch; x++)
                        for (int channel = 0; channel < channels; channel++)
                            patches[at++] = latent[(channel * height + row + y) * width + column + x];
    }

    public static void ToLatent(ReadOnlySpan<float> patches, int width, int height, int channels, Span<float> latent)
    {
        int at = 0;
        for (int row = 0; row < height; row += Patch)
            for (int column = 0; column < width; column += Patch)
                for (int y = 0; y < Patch; y++)
                    for (int x = 0; x < Patch; x++)
                        for (int channel = 0; channel < channels; channel++)
                            latent[(channel * height + row + y) * width + column + x] = patches[at++];
    }
}
