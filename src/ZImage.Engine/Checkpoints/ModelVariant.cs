using System.Text.Json;
using System.Text.RegularExpressions;

namespace ZImage.Engine.Checkpoints;

/// <summary>The published kinds of the transformer. Their tensors are alike; their settings are not.</summary>
public enum ModelVariant
{
    Unknown,

    /// <summary>Distilled: few steps, no guidance.</summary>
    Turbo,

    /// <summary>Not distilled: many steps, with guidance.</summary>
    Base,
}

/// <summary>A variant and what it was concluded from.</summary>
/// <param name="Variant">What the model is.</param>
/// <param name="Evidence">Why, as a clause without a full stop.</param>
public sealed record RecognizedVariant(ModelVariant Variant, string Evidence);

/// <summary>
/// Tells Turbo from base by what stands around the weights, the strongest witness first: the file's metadata, the schedule of the model repository
/// the file lies in, the names of the file and its folders.
/// </summary>
public static partial class VariantRecognizer
{
    private static readonly string[] s_keys =
    [
        "zimage.variant", "general.name", "general.basename", "general.finetune", "general.base_model.0.name", "modelspec.title", "ss_base_model_version",
    ];

    // The flow shift of the published schedules is 3 for Turbo and 6 for base.
    private const double LeastBaseShift = 5;
    private const int FoldersLookedAt = 2;

    public static RecognizedVariant Recognize(ComponentFile transformer)
        => ByMetadata(transformer) ?? BySchedule(transformer.Path) ?? ByName(transformer.Path)
            ?? new(ModelVariant.Unknown, "nothing in its metadata, beside it or in its name tells Turbo from base");

    private static RecognizedVariant? ByMetadata(ComponentFile file)
    {
        // Only texts are names; a key of this name with another kind of value says nothing.
        foreach (string key in s_keys.Where(file.Metadata.Contains))
        {
            if (Text(file.Metadata, key) is { } text && Named(text) is var variant and not ModelVariant.Unknown)
                return new(variant, $"its metadata '{key}' is '{text}'");
        }
        return null;
    }

    private static string? Text(CheckpointMetadata metadata, string key)
    {
        try
        {
            return metadata.GetString(key);
        }
        catch (ModelFileCorruptException)
        {
            return null;
        }
    }

    private static RecognizedVariant? BySchedule(string path)
    {
        if (Path.GetDirectoryName(Path.GetDirectoryName(path)) is not { } repository)
            return null;
        string schedule = Path.Combine(repository, "scheduler", "scheduler_config.json");
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(schedule));
            double shift = json.RootElement.GetProperty("shift").GetDouble();
            return new(shift >= LeastBaseShift ? ModelVariant.Base : ModelVariant.Turbo, FormattableString.Invariant($"the schedule '{schedule}' has the shift {shift}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static RecognizedVariant? ByName(string path)
    {
        string? place = path;
        for (int i = 0; i <= FoldersLookedAt && !string.IsNullOrEmpty(place); i++, place = Path.GetDirectoryName(place))
        {
            string name = Path.GetFileName(place);
            if (Named(name) is var variant and not ModelVariant.Unknown)
                return new(variant, $"{(i == 0 ? "its name" : "the name of its folder")} is '{name}'");
        }
        string file = Path.GetFileName(path);
        return PublishedBaseFile().IsMatch(file) ? new(ModelVariant.Base, $"its name is '{file}', as the base model is published, without 'turbo'") : null;
    }

    private static ModelVariant Named(string text)
        => NotDistilled().IsMatch(text) ? ModelVariant.Base
            : text.Contains("turbo", StringComparison.OrdinalIgnoreCase) ? ModelVariant.Turbo
            : ModelVariant.Unknown;

    // The base model is published as Z-Image, without a further word; what else a name has is a type, a quantisation, a version.
    [GeneratedRegex(@"^z[-_ ]?image([-_. ](bf16|f?fp?\d+|e\dm\d(fn)?|scaled|mixed|i?q\d\w*|[kxsml]{1,3}|\d+|v\d\w*|gguf|ud))*\.(gguf|safetensors|sft)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PublishedBaseFile();

    // Turbo with the distillation undone wants the base model's settings.
    [GeneratedRegex(@"(?<![a-z])(base(?![a-z])|de[-_ ]?turbo|un[-_ ]?distilled)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NotDistilled();
}
