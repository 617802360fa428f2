using System.Text.Json;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The numbers of a text encoder that no tensor shows: in the metadata of a GGUF file, or in the <c>config.json</c> beside a safetensors file.
/// Null where neither says it.
/// </summary>
/// <param name="RopeTheta">Base of the rotary embedding.</param>
/// <param name="RmsEps">Epsilon of the norms.</param>
public sealed record TextEncoderSettings(float? RopeTheta, float? RmsEps)
{
    private const string ConfigName = "config.json";

    /// <exception cref="ModelFileCorruptException">A number is there that cannot be used.</exception>
    public static TextEncoderSettings Of(ComponentFile file)
    {
        string architecture = file.Metadata.GetString("general.architecture") ?? "qwen3";
        float? theta = file.Metadata.GetSingle($"{architecture}.rope.freq_base") ?? file.Metadata.GetSingle("qwen3.rope.freq_base");
        float? eps = file.Metadata.GetSingle($"{architecture}.attention.layer_norm_rms_epsilon") ?? file.Metadata.GetSingle("qwen3.attention.layer_norm_rms_epsilon");
        TextEncoderSettings settings = theta is not null || eps is not null ? new(theta, eps) : BesideFile(file.Path);
        if (settings.RopeTheta is { } t && !(float.IsFinite(t) && t > 0))
            throw new ModelFileCorruptException(file.Path, FormattableString.Invariant($"its rotary base is {t}"));
        if (settings.RmsEps is { } e && !(float.IsFinite(e) && e >= 0))
            throw new ModelFileCorruptException(file.Path, FormattableString.Invariant($"the epsilon of its norms is {e}"));
        return settings;
    }

    // Many programs keep settings under this name: what is none of a Qwen3 says nothing.
    private static TextEncoderSettings BesideFile(string path)
    {
        var nothing = new TextEncoderSettings(null, null);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(path)!, ConfigName)));
            JsonElement root = json.RootElement;
            if (Member(root, "model_type") is not { ValueKind: JsonValueKind.String } type || !type.GetString()!.StartsWith("qwen3", StringComparison.Ordinal))
                return nothing;
            // A model that sees pictures too has its language part's settings apart.
            JsonElement text = Member(root, "text_config") is { ValueKind: JsonValueKind.Object } part ? part : root;
            return new(Number(text, "rope_theta") ?? (Member(text, "rope_parameters") is { } rope ? Number(rope, "rope_theta") : null), Number(text, "rms_norm_eps"));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return nothing;
        }
    }

    private static JsonElement? Member(JsonElement parent, string name)
        => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement member) ? member : null;

    private static float? Number(JsonElement parent, string name) => Member(parent, name) is { ValueKind: JsonValueKind.Number } number ? number.GetSingle() : null;
}
