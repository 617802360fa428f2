using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Binding;

/// <summary>What Save-ZImage takes: an image of New-ZImage with its settings, or bare pixels, such as a contact sheet.</summary>
public sealed class SavableImage
{
    internal SavableImage(GeneratedImage image) => (Pixels, Origin) = (image.Pixels, image);

    internal SavableImage(PixelImage pixels) => Pixels = pixels;

    public PixelImage Pixels { get; }

    /// <summary>The image with its settings; null for bare pixels.</summary>
    public GeneratedImage? Origin { get; }
}
