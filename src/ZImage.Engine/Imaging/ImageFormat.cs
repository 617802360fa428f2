namespace ZImage.Engine.Imaging;

/// <summary>The file formats images are written in and read from.</summary>
public enum ImageFormat
{
    Png,
    Jpeg,
    WebP,
}

public static class ImageFormats
{
    private static readonly OrderedDictionary<string, ImageFormat> s_byExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = ImageFormat.Png,
        [".jpg"] = ImageFormat.Jpeg,
        [".jpeg"] = ImageFormat.Jpeg,
        [".webp"] = ImageFormat.WebP,
    };

    /// <summary>The supported extensions, each with its dot.</summary>
    public static IReadOnlyList<string> Extensions => s_byExtension.Keys;

    /// <summary>The format that a file name's extension stands for.</summary>
    /// <exception cref="UnsupportedImageFormatException">The extension is another one, or missing.</exception>
    public static ImageFormat FromPath(string path)
        => s_byExtension.TryGetValue(Path.GetExtension(path), out ImageFormat format)
            ? format
            : throw new UnsupportedImageFormatException(path, string.Join(", ", Extensions));

    /// <summary>The format that the first bytes of a file show; null for any other.</summary>
    public static ImageFormat? FromSignature(ReadOnlySpan<byte> file)
        => file.StartsWith(PngChunks.Signature) ? ImageFormat.Png
            : file.StartsWith(JpegSegments.Signature) ? ImageFormat.Jpeg
            : WebPChunks.HasSignature(file) ? ImageFormat.WebP
            : null;
}
