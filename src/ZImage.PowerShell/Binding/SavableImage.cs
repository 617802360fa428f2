using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Binding;

/// <summary>What Save-ZImage takes: an image of New-ZImage with its settings, or bare pixels, such as a contact sheet; and what came back of either from a file or another process.</summary>
public sealed class SavableImage
{
    internal SavableImage(GeneratedImage image)
    {
        Pixels = image.Pixels;
        Parameters = image.Parameters;
        Values = new FileNameValues { Seed = image.Seed, Prompt = image.Prompt, Width = Pixels.Width, Height = Pixels.Height, Steps = image.Steps, Model = image.Model.Name };
    }

    internal SavableImage(PixelImage pixels)
    {
        Pixels = pixels;
        Values = new FileNameValues { Width = pixels.Width, Height = pixels.Height };
    }

    private SavableImage(PSObject image, PixelImage pixels)
    {
        Pixels = pixels;
        Parameters = image.Get<string>(nameof(GeneratedImage.Parameters));
        Values = new FileNameValues
        {
            Seed = image.Get<long>(nameof(GeneratedImage.Seed)),
            Prompt = image.Get<string>(nameof(GeneratedImage.Prompt)) ?? "",
            Width = pixels.Width,
            Height = pixels.Height,
            Steps = image.Get<int>(nameof(GeneratedImage.Steps)),
            Model = image.GetCopy<ModelIdentity>(nameof(GeneratedImage.Model))?.Get<string>(nameof(ModelIdentity.Name)) ?? "",
        };
    }

    public PixelImage Pixels { get; }

    /// <summary>All settings of the image, as the text that its file keeps; null for bare pixels.</summary>
    public string? Parameters { get; }

    /// <summary>What a file name is filled with, but for index and time.</summary>
    internal FileNameValues Values { get; }

    /// <summary>What came back of an image or of pixels; null where that is not all of them.</summary>
    internal static SavableImage? FromCopy(object? copy)
        => copy.CopyOf<GeneratedImage>() is { } image && image.GetCopy<PixelImage>(nameof(GeneratedImage.Pixels)) is { } inner && Read(inner) is { } own ? new SavableImage(image, own)
            : copy.CopyOf<PixelImage>() is { } bare && Read(bare) is { } pixels ? new SavableImage(pixels)
            : null;

    private static PixelImage? Read(PSObject copy)
    {
        (int width, int height) = (copy.Get<int>(nameof(PixelImage.Width)), copy.Get<int>(nameof(PixelImage.Height)));
        return copy.Get<byte[]>(nameof(PixelImage.Rgb)) is { Length: > 0 } rgb && width > 0 && height > 0 && rgb.LongLength == 3L * width * height ? new PixelImage(width, height, rgb) : null;
    }
}
