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

    /// <exception cref="ModelFileCorruptException">A number is there and is none.</exception>
    public static TextEncoderSettings Of(ComponentFile file)
    {
        string architecture = file.Metadata.GetString("general.architecture") ?? "qwen3";
        float? theta = file.Metadata.GetSingle($"{architecture}.rope.freq_base") ?? file.Metadata.GetSingle("qwen3.rope.freq_base");
        float? eps = file.Metadata.GetSingle($"{architecture}.attention.layer_norm_rms_epsilon") ?? file.Metadata.GetSingle("qwen3.attention.layer_norm_rms_epsilon");
        return theta is not null || eps is not null ? new(theta, eps) : BesideFile(file.Path);
    }

    private static TextEncoderSettings BesideFile(string path)
    {
        string config = Path.Combine(Path.GetDirectoryName(path)!, ConfigName);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(config));
            JsonElement root = json.RootElement;
            // A folder may hold the settings of another part of the model under this name.
            if (!root.TryGetProperty("model_type", out JsonElement type) || type.GetString()?.StartsWith("qwen3", StringComparison.Ordinal) != true)
                return new(null, null);
            float? theta = Number(root, "rope_theta") ?? (root.TryGetProperty("rope_parameters", out JsonElement rope) ? Number(rope, "rope_theta") : null);
            return new(theta, Number(root, "rms_norm_eps"));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFileCorruptException(config, $"it is not the configuration of a text encoder: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileUnreadableException(config, e.Message, e);
        }
    }

    private static float? Number(JsonElement parent, string name)
        => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? number.GetSingle() : null;
}
