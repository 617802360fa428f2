using ZImage.Engine.Imaging;

namespace ZImage.Engine.Generation;

/// <summary>How an image that was drawn again compares with its file.</summary>
public enum ReproductionVerdict
{
    /// <summary>Every pixel is the one that was drawn.</summary>
    Identical,

    /// <summary>Not every pixel, but the images are as near as they were asked to be.</summary>
    Close,

    /// <summary>It is another image, or the file has another size.</summary>
    Different,
}

/// <summary>An image file whose image was drawn again.</summary>
public sealed record ImageReproduction
{
    /// <summary>
    /// The PSNR in dB from which images are close where nothing else is said. Other devices, kernels and types of the same weights, tiles, and JPEG of
    /// good quality stay above it; another seed, prompt or model does not.
    /// </summary>
    public const double UsualTolerance = 30;

    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    public required ReproductionVerdict Verdict { get; init; }

    /// <summary>Whether the image is identical or close.</summary>
    public bool IsReproduced => Verdict != ReproductionVerdict.Different;

    /// <summary>SHA-256 of the pixels as the file records it, or that of its own pixels where it records none.</summary>
    public required string ExpectedHash { get; init; }

    /// <summary>SHA-256 of the pixels that were drawn now.</summary>
    public string ActualHash => Image.PixelHash;

    /// <summary>Whether the file's pixels are those that were drawn: not in JPEG and lossy WebP files, and in edited ones. Null where no hash is recorded.</summary>
    public required bool? HoldsPixels { get; init; }

    /// <summary>Peak signal-to-noise ratio between the file's pixels and those drawn now, in dB, infinite where they are equal; null where the sizes differ.</summary>
    public required double? Psnr { get; init; }

    /// <summary>Largest difference of a colour value between them, 0 to 255; null where the sizes differ.</summary>
    public required int? LargestDifference { get; init; }

    /// <summary>Least PSNR of a close image, in dB.</summary>
    public required double Tolerance { get; init; }

    /// <summary>A sentence for each thing that speaks for another image: model, device, versions, tiles, settings that the file does not say.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    /// <summary>The image that was drawn now.</summary>
    public required GeneratedImage Image { get; init; }

    /// <summary>Time for drawing it.</summary>
    public TimeSpan Duration => Image.Duration;

    /// <summary>Compares a file with the image that was drawn from its settings.</summary>
    /// <param name="recorded">What the file says.</param>
    /// <param name="pixels">The file's pixels.</param>
    /// <param name="image">The image drawn now.</param>
    /// <param name="tolerance">Least PSNR of a close image, in dB.</param>
    public static ImageReproduction Compare(ImageInfo recorded, PixelImage pixels, GeneratedImage image, double tolerance)
    {
        PixelDifference? difference = PixelDifference.Between(pixels, image.Pixels);
        string expected = recorded.PixelHash ?? pixels.PixelHash;
        return new ImageReproduction
        {
            Path = recorded.Path,
            Verdict = image.PixelHash.Equals(expected, StringComparison.OrdinalIgnoreCase) ? ReproductionVerdict.Identical
                : difference?.Psnr >= tolerance ? ReproductionVerdict.Close
                : ReproductionVerdict.Different,
            ExpectedHash = expected,
            HoldsPixels = recorded.PixelHash?.Equals(pixels.PixelHash, StringComparison.OrdinalIgnoreCase),
            Psnr = difference?.Psnr,
            LargestDifference = difference?.Largest,
            Tolerance = tolerance,
            Differences = DifferencesOf(recorded, image).ToArray(),
            Image = image,
        };
    }

    private static IEnumerable<string> DifferencesOf(ImageInfo recorded, GeneratedImage image)
    {
        if (recorded.Model is { } model)
        {
            foreach (string difference in model.DifferencesTo(image.Model))
                yield return difference;
        }
        if (recorded.Origin is null)
            yield return $"Version: it was {recorded.Software ?? "another program"}, and is {image.Origin.Software} now.";
        foreach (string difference in recorded.Origin?.DifferencesTo(image.Origin) ?? [])
            yield return difference;
        if ((recorded.PixelWidth, recorded.PixelHeight) != (image.Width, image.Height))
            yield return $"Size: the file has {recorded.PixelWidth}x{recorded.PixelHeight} pixels, and {image.Width}x{image.Height} were drawn.";
        if (recorded.Unrecorded is { Count: > 0 } open)
            yield return $"Not recorded, so they are the model's own: {string.Join(", ", open)}.";
        foreach (string warning in recorded.Warnings)
            yield return warning;
    }
}
