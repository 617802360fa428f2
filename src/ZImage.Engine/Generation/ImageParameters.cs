using System.Globalization;
using ZImage.Engine.Imaging;
using ZImage.Engine.Sampling;

namespace ZImage.Engine.Generation;

/// <summary>Writes the settings that travel in an image file; <see cref="RecordedSettings"/> reads them.</summary>
internal static class ImageParameters
{
    private const int HashShown = 10;

    public static GenerationParameters Describe(GeneratedImage image)
    {
        ImageRequest request = image.Request;
        var settings = new List<KeyValuePair<string, string>>
        {
            new(SettingName.Steps, Number(request.Steps)),
            new(SettingName.Sampler, request.Sampler),
        };
        void Add(string name, string? value)
        {
            if (value is not null)
                settings.Add(new(name, value));
        }

        Add(SettingName.Scheduler, image.Scheduler);
        Add(SettingName.Sigmas, image.Sigmas is { } sigmas ? NoiseLevels.Text(sigmas) : null);
        Add(SettingName.CfgScale, Number(request.CfgScale));
        Add(SettingName.Shift, image.Shift is { } shift ? Number(shift) : null);
        Add(SettingName.Seed, Number(request.Seed));
        Add(SettingName.Size, FormattableString.Invariant($"{image.Pixels.Width}x{image.Pixels.Height}"));
        Add(SettingName.ModelHash, Short(image.Model.DiffusionFingerprint));
        Add(SettingName.Model, image.Model.Name);
        Add(SettingName.TextEncoderHash, Short(image.Model.TextEncoderFingerprint));
        Add(SettingName.VaeHash, Short(image.Model.VaeFingerprint));
        // The eta of a sampler is its own affair in other programs, so it is written even where it is the sampler's own.
        Add(SettingName.Eta, Samplers.Get(request.Sampler).DefaultEta is { } eta ? Number(request.Eta ?? eta) : null);
        // In the spelling of stable-diffusion.cpp, as the names above.
        Add(SettingName.Rng, request.Rng.ToString().ToLowerInvariant());
        Add(SettingName.PixelHash, image.Pixels.PixelHash);
        settings.AddRange(Describe(image.Origin));
        return new GenerationParameters(request.Prompt, request.NegativePrompt, settings);
    }

    /// <summary>What is known of an origin, the version last, as other programs have it.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Describe(ImageOrigin origin)
    {
        (string Name, string? Value)[] all =
        [
            (SettingName.Device, origin.Device),
            (SettingName.DeviceName, origin.DeviceName),
            (SettingName.Driver, origin.Driver),
            (SettingName.Kernels, origin.Kernels),
            (SettingName.TextEncoderDevice, origin.TextEncoderDevice),
            (SettingName.VaeDevice, origin.VaeDevice),
            (SettingName.Offload, origin.OffloadMode?.ToString()),
            (SettingName.StepsDown, origin.StepsDown is > 0 and { } steps ? Number(steps) : null),
            (SettingName.Decoding, origin.Decoding?.ToString()),
            (SettingName.TileSize, origin.Tiles is { } tiles ? Number(tiles.Size) : null),
            (SettingName.TileOverlap, origin.Tiles is { } overlapping ? Number(overlapping.Overlap) : null),
            (SettingName.Ggml, origin.GgmlVersion),
            (SettingName.Version, origin.Software),
        ];
        return all.Where(setting => !string.IsNullOrWhiteSpace(setting.Value)).Select(setting => new KeyValuePair<string, string>(setting.Name, setting.Value!));
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Short(string hash) => hash[..Math.Min(HashShown, hash.Length)];
}
