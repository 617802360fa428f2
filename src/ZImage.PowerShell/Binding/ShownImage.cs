using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Binding;

/// <summary>What Show-ZImage takes from the pipeline: an image in memory, or a file that Get-ZImageInfo has read.</summary>
public sealed class ShownImage
{
    internal ShownImage(SavableImage image, object original) => (Image, Original) = (image, original);

    internal ShownImage(string file, object original) => (File, Original) = (file, original);

    /// <summary>The image; null for a file.</summary>
    public SavableImage? Image { get; }

    /// <summary>Path of the file; null for an image in memory.</summary>
    public string? File { get; }

    /// <summary>The object as it came.</summary>
    public object Original { get; }
}
