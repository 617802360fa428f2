using System.Globalization;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>The settings that travel in an image file, under the names that other image programs use where they have one.</summary>
internal static class ImageParameters
{
    private const int HashShown = 10;

    public static GenerationParameters Describe(GeneratedImage image)
    {
        ImageRequest request = image.Request;
        return new GenerationParameters(request.Prompt, request.NegativePrompt,
        [
            new("Steps", Number(request.Steps)),
            new("Sampler", request.Sampler),
            new("Schedule type", request.Scheduler),
            new("CFG scale", Number(request.CfgScale)),
            new("Shift", Number(request.Shift)),
            new("Seed", Number(request.Seed)),
            new("Size", FormattableString.Invariant($"{image.Pixels.Width}x{image.Pixels.Height}")),
            new("Model hash", Short(image.Model.DiffusionFingerprint)),
            new("Model", image.Model.Name),
            new("Text encoder hash", Short(image.Model.TextEncoderFingerprint)),
            new("VAE hash", Short(image.Model.VaeFingerprint)),
            new("Device", image.Device),
            new("Pixel hash", image.Pixels.PixelHash),
            new("Version", $"ZImage {typeof(ImageParameters).Assembly.GetName().Version?.ToString(3)}"),
        ]);
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Short(string hash) => hash[..Math.Min(HashShown, hash.Length)];
}
