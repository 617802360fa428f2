namespace ZImage.Engine.Imaging;

/// <summary>How pixels are compressed. PNG knows no choice, JPEG only the quality.</summary>
/// <param name="Quality">1 to 100. For lossless WebP: how hard to look for a small file.</param>
/// <param name="Lossless">WebP only: keep every pixel as it is.</param>
public sealed record ImageEncoding(int Quality = ImageEncoding.DefaultQuality, bool Lossless = false)
{
    public const int DefaultQuality = 95;

    public int Quality { get; } = Quality is >= 1 and <= 100
        ? Quality
        : throw new ArgumentOutOfRangeException(nameof(Quality), Quality, "The quality of an image file is a number from 1 to 100.");
}
