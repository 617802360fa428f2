using ZImage.Engine.Imaging;

namespace ZImage.Engine.Generation;

/// <summary>What made an image: names and fingerprints of the three files.</summary>
public sealed record ModelIdentity(string Name, string DiffusionFingerprint, string TextEncoderFingerprint, string VaeFingerprint);

/// <summary>An image with everything that led to it.</summary>
public sealed class GeneratedImage
{
    public required PixelImage Pixels { get; init; }

    public required ImageRequest Request { get; init; }

    public required ModelIdentity Model { get; init; }

    /// <summary>Name of the device that computed it.</summary>
    public required string Device { get; init; }

    public required Timeline Timeline { get; init; }

    /// <summary>Tokens of the prompt, chat template included.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>True when the prompt was longer than the text encoder takes and its end was not used.</summary>
    public required bool PromptTruncated { get; init; }

    /// <summary>Seconds from request to pixels.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Most device bytes of ours at any time of the run.</summary>
    public required long PeakDeviceBytes { get; init; }
}
