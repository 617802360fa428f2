using System.Globalization;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>
/// Reads the settings that came with an image as what they mean here, whichever program wrote them. What is not recorded is null;
/// what is recorded and not understood is null too, and gives a warning.
/// </summary>
internal sealed class RecordedSettings(IReadOnlyDictionary<string, string> settings)
{
    private static readonly char[] s_times = ['x', 'X', '×'];

    /// <summary>A sentence for each setting that is not understood.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The first of several names that has a value.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (settings.TryGetValue(name, out string? value) && !string.IsNullOrWhiteSpace(value))
                return Printable(value);
        }
        return null;
    }

    // A file from elsewhere; a terminal would obey what is shown of it.
    private static string Printable(string value) => value.Any(char.IsControl) ? string.Concat(value.Where(c => !char.IsControl(c))) : value;

    public int? Int32(string name)
        => Text(name) is not { } text ? null
            : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number
            : NotUnderstood<int>(name, text);

    public float? Single(params ReadOnlySpan<string> names)
    {
        // stable-diffusion.cpp writes 'inf' for what was left to the model.
        if (Text(names) is not { } text || text.TrimStart('-').StartsWith("inf", StringComparison.OrdinalIgnoreCase))
            return null;
        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number) ? number : NotUnderstood<float>(names[0], text);
    }

    /// <summary>A seed of 64 bits, with or without a sign.</summary>
    public long? Seed()
        => Text(SettingName.Seed) is not { } text ? null
            : long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long seed) ? seed
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large) ? unchecked((long)large)
            : NotUnderstood<long>(SettingName.Seed, text);

    /// <summary>The size of the drawn image, in pixels.</summary>
    public (int Width, int Height)? Size()
    {
        if (Text(SettingName.Size) is not { } text)
            return null;
        string[] parts = text.Split(s_times, StringSplitOptions.TrimEntries);
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
                ? (width, height)
                : NotUnderstood<(int, int)>(SettingName.Size, text);
    }

    /// <summary>Sampler and scheduler by their names here. Newer programs record them apart, older ones in one name.</summary>
    public (string? Sampler, string? Scheduler) Sampling()
    {
        string? name = Text(SettingName.Sampler), scheduleName = Text(SettingName.Scheduler, "Scheduler");
        (string? sampler, string? scheduler) = name is null ? default : SamplerNames.Parse(name);
        if (scheduleName is not null)
            scheduler = SamplerNames.Parse(scheduleName).Scheduler;

        if (name is not null && sampler is null)
            Unknown("sampler", name);
        // What follows a sampler's name means a scheduler.
        if (scheduler is null && (scheduleName ?? (sampler is not null && !Samplers.TryFind(name!, out _) ? name : null)) is { } unknown)
            Unknown("scheduler", unknown);
        return (sampler, scheduler);
    }

    /// <summary>The program and its version, as far as it says them.</summary>
    public string? Software() => (Text("App"), Text(SettingName.Version)) switch
    {
        (null, var version) => version,
        (var app, null) => app,
        var (app, version) => $"{app} {version}",
    };

    /// <summary>Which generator the seed is for.</summary>
    public NoiseGenerator? Rng()
    {
        if (Text(SettingName.Rng) is not { } name)
            return null;
        switch (name.ToUpperInvariant())
        {
            // The names of stable-diffusion.cpp, and those of AUTOMATIC1111's web UI.
            case "CUDA" or "NV" or "GPU":
                return NoiseGenerator.Cuda;
            case "CPU":
                return NoiseGenerator.Cpu;
            default:
                Unknown("random generator", name);
                return null;
        }
    }

    /// <summary>The noise levels of the steps, where they were given one by one.</summary>
    public float[]? Sigmas()
    {
        if (Text(SettingName.Sigmas, "Custom Sigmas") is not { } text)
            return null;
        if (NoiseLevels.Parse(text, out _) is { } sigmas && sigmas.All(float.IsFinite))
            return sigmas;
        NotUnderstood<float>(SettingName.Sigmas, text);
        return null;
    }

    /// <summary>The model's name, and of the fingerprints what is recorded: their first digits, or none.</summary>
    public ModelIdentity? Model()
    {
        // stable-diffusion.cpp names the transformer so, where it is a file of its own.
        string? name = Text(SettingName.Model, "Unet"), hash = Text(SettingName.ModelHash);
        return name is null && hash is null ? null
            : new ModelIdentity(name ?? hash!, hash ?? "", Text(SettingName.TextEncoderHash) ?? "", Text(SettingName.VaeHash) ?? "");
    }

    /// <summary>What computed the image.</summary>
    public ImageOrigin Origin() => new()
    {
        Software = Text(SettingName.Version),
        GgmlVersion = Text(SettingName.Ggml),
        Device = Text(SettingName.Device),
        DeviceName = Text(SettingName.DeviceName),
        Driver = Text(SettingName.Driver),
        Kernels = Text(SettingName.Kernels),
        TextEncoderDevice = Text(SettingName.TextEncoderDevice),
        VaeDevice = Text(SettingName.VaeDevice),
        OffloadMode = Choice<OffloadMode>(SettingName.Offload),
        StepsDown = Int32(SettingName.StepsDown),
        Decoding = Choice<ImageMethod>(SettingName.Decoding),
        Tiles = Int32(SettingName.TileSize) is { } size ? new ImageTiles(size, Single(SettingName.TileOverlap) ?? 0) : null,
    };

    private T? Choice<T>(string name)
        where T : struct, Enum
        => Text(name) is not { } text ? null
            : Enum.GetNames<T>().FirstOrDefault(known => known.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found ? Enum.Parse<T>(found)
            : NotUnderstood<T>(name, text);

    private T? NotUnderstood<T>(string name, string value)
        where T : struct
    {
        Warnings.Add($"The setting '{name}: {value}' is not understood.");
        return null;
    }

    private void Unknown(string kind, string name)
        => Warnings.Add($"The {kind} '{name}' is not known here; New-ZImage takes the model's default in its place.");
}
