using System.Text.Json;
using ZImage.Engine.Imaging;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>
/// What an image file says of the image: the settings that it was made with, by the names of <see cref="ImageRequest"/>. A
/// setting that the file does not have is null.
/// </summary>
public sealed class ImageInfo
{
    private ImageInfo(string path, ImageHeader header)
    {
        Path = path;
        Format = header.Format;
        PixelWidth = header.Width;
        PixelHeight = header.Height;
        Bytes = header.Bytes;
        Texts = header.Metadata;

        GenerationParameters? parameters = Parameters is null ? null : GenerationParameters.Parse(Parameters);
        if (parameters is { Settings.Count: 0 } && IsJson(Parameters!))
            parameters = null;
        Prompt = parameters?.Prompt;
        NegativePrompt = parameters?.NegativePrompt;
        var settings = new OrderedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in parameters?.Settings ?? [])
            settings.TryAdd(name, value);
        Settings = settings;

        var recorded = new RecordedSettings(settings);
        (Width, Height) = recorded.Size() is { } size ? (size.Width, size.Height) : ((int?)null, (int?)null);
        Steps = recorded.Int32(SettingName.Steps);
        (Sampler, Scheduler) = recorded.Sampling();
        // SD.Next's name is the second.
        Shift = recorded.Single(SettingName.Shift, "Sampler shift");
        CfgScale = recorded.Single(SettingName.CfgScale);
        Seed = recorded.Seed();
        Eta = recorded.Single(SettingName.Eta);
        Rng = recorded.Rng();
        Sigmas = recorded.Sigmas();
        Model = recorded.Model();
        PixelHash = recorded.Text(SettingName.PixelHash);
        Software = recorded.Software();
        Origin = Software?.StartsWith(ImageOrigin.Program, StringComparison.Ordinal) == true ? recorded.Origin() : null;
        Warnings = [.. recorded.Warnings, .. Missing(parameters)];
    }

    public string Path { get; }

    /// <summary>The format of the file, whatever its name.</summary>
    public ImageFormat Format { get; }

    /// <summary>Width of the image in the file, in pixels.</summary>
    public int PixelWidth { get; }

    /// <summary>Height of the image in the file, in pixels.</summary>
    public int PixelHeight { get; }

    /// <summary>Length of the file.</summary>
    public long Bytes { get; }

    public string? Prompt { get; }

    public string? NegativePrompt { get; }

    /// <summary>Width as drawn, in pixels; the file's differs when the image was enlarged later.</summary>
    public int? Width { get; }

    /// <summary>Height as drawn, in pixels.</summary>
    public int? Height { get; }

    public int? Steps { get; }

    /// <summary>The sampler's name here, also where another program calls it differently; null for one that is not known here.</summary>
    public string? Sampler { get; }

    /// <summary>The scheduler's name here; null for one that is not known here.</summary>
    public string? Scheduler { get; }

    public float? Shift { get; }

    public float? CfgScale { get; }

    public long? Seed { get; }

    public float? Eta { get; }

    /// <summary>Which generator the seed is for.</summary>
    public NoiseGenerator? Rng { get; }

    /// <summary>The noise levels of the steps, where they were given one by one.</summary>
    public float[]? Sigmas { get; }

    /// <summary>Name of the model, and the first digits of its fingerprints; a fingerprint that is not recorded is empty.</summary>
    public ModelIdentity? Model { get; }

    /// <summary>SHA-256 of the RGB bytes when the image was drawn; JPEG and lossy WebP files hold others.</summary>
    public string? PixelHash { get; }

    /// <summary>The program that drew the image, and its version, as far as it says.</summary>
    public string? Software { get; }

    /// <summary>What computed the image; null where another program drew it.</summary>
    public ImageOrigin? Origin { get; }

    /// <summary>All settings as they are recorded, in their order, under names whose case does not count; the first of a name counts.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The text of the prompts and settings, as it is in the file.</summary>
    public string? Parameters => Texts.Parameters;

    /// <summary>All texts of the file, by keyword.</summary>
    public ImageMetadata Texts { get; }

    /// <summary>A sentence for each thing that is missing or not understood.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads the head of a PNG, JPEG or WebP file; its pixels are not looked at, and may be damaged.</summary>
    /// <exception cref="ImageFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ImageFileUnreadableException">It cannot be read, or is no image of these formats.</exception>
    public static ImageInfo Read(string path) => new(path, ImageFile.ReadHeader(path));

    /// <summary>The settings that the image needs and the file does not say.</summary>
    internal IReadOnlyList<string> Unrecorded
    {
        get
        {
            (string Name, bool IsOpen)[] all =
            [
                (nameof(Width), Width is null),
                (nameof(Height), Height is null),
                (nameof(Steps), Steps is null && Sigmas is null),
                (nameof(Sampler), Sampler is null),
                (nameof(Scheduler), Scheduler is null && Sigmas is null),
                (nameof(Shift), Shift is null && Sigmas is null && (Scheduler is null || SigmaSchedules.Get(Scheduler).UsesShift)),
                (nameof(CfgScale), CfgScale is null),
                (nameof(Rng), Rng is null),
            ];
            return [.. all.Where(setting => setting.IsOpen).Select(setting => setting.Name)];
        }
    }

    /// <summary>What draws the image again, in the tiles that it was decoded in.</summary>
    /// <param name="defaults">The model's settings, for those that the file does not say.</param>
    /// <exception cref="ImageWithoutSettingsException">It does not say from which prompt or seed the image was drawn.</exception>
    public ImageRequest ToRequest(ModelDefaults defaults) => new()
    {
        Prompt = Prompt ?? throw new ImageWithoutSettingsException(Path, "no prompt"),
        NegativePrompt = NegativePrompt ?? "",
        Width = Width ?? PixelWidth,
        Height = Height ?? PixelHeight,
        Steps = Steps ?? defaults.Steps,
        Sampler = Sampler ?? defaults.Sampler,
        Scheduler = Scheduler ?? defaults.Scheduler,
        Shift = Shift ?? defaults.Shift,
        Sigmas = Sigmas,
        Eta = Eta,
        CfgScale = CfgScale ?? defaults.CfgScale,
        Seed = Seed ?? throw new ImageWithoutSettingsException(Path, "no seed"),
        Rng = Rng ?? default,
        Tiles = Origin?.Tiles,
    };

    private IEnumerable<string> Missing(GenerationParameters? parameters)
    {
        if (Texts.IsDamaged)
            yield return "The file is damaged or ends early; texts may be missing.";
        if (parameters is not null)
            yield break;
        if (Parameters is not null)
            yield return "Its parameters are JSON, as SwarmUI writes them; such settings are not read.";
        else if (OtherProgram() is { } program)
            yield return $"It has texts of {program} ({string.Join(", ", Texts.Select(text => text.Key))}); such settings are not read.";
    }

    private string? OtherProgram()
        => Texts["invokeai_metadata"] is not null || Texts["sd-metadata"] is not null ? "InvokeAI"
            : Texts["workflow"] is not null || Texts["prompt"] is not null ? "ComfyUI"
            : Texts["Software"] == "NovelAI" ? "NovelAI"
            : null;

    private static bool IsJson(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith('{'))
            return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
