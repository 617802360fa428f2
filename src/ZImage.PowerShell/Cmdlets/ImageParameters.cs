using System.Globalization;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Sampling;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>The settings that travel in an image file, under the names that other image programs use where they have one.</summary>
internal static class ImageParameters
{
    private const int HashShown = 10;

    public static GenerationParameters Describe(GeneratedImage image)
    {
        ImageRequest request = image.Request;
        var settings = new List<KeyValuePair<string, string>>
        {
            new("Steps", Number(request.Steps)),
            new("Sampler", request.Sampler),
        };
        void Add(string name, string? value)
        {
            if (value is not null)
                settings.Add(new(name, value));
        }

        Add("Schedule type", image.Scheduler);
        Add("Sigmas", image.Sigmas is { } sigmas ? NoiseLevels.Text(sigmas) : null);
        Add("CFG scale", Number(request.CfgScale));
        Add("Shift", image.Shift is { } shift ? Number(shift) : null);
        Add("Seed", Number(request.Seed));
        Add("Size", FormattableString.Invariant($"{image.Pixels.Width}x{image.Pixels.Height}"));
        Add("Model hash", Short(image.Model.DiffusionFingerprint));
        Add("Model", image.Model.Name);
        Add("Text encoder hash", Short(image.Model.TextEncoderFingerprint));
        Add("VAE hash", Short(image.Model.VaeFingerprint));
        // The eta of a sampler is its own affair in other programs, so it is written even where it is the sampler's own.
        Add("Eta", Samplers.Get(request.Sampler).DefaultEta is { } eta ? Number(request.Eta ?? eta) : null);
        // In the spelling of stable-diffusion.cpp, as the names above.
        Add("RNG", request.Rng.ToString().ToLowerInvariant());
        Add("Device", image.Device);
        Add("Pixel hash", image.Pixels.PixelHash);
        Add("Version", $"ZImage {typeof(ImageParameters).Assembly.GetName().Version?.ToString(3)}");
        return new GenerationParameters(request.Prompt, request.NegativePrompt, settings);
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Short(string hash) => hash[..Math.Min(HashShown, hash.Length)];
}
