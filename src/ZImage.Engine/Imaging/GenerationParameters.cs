using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ZImage.Engine.Imaging;

/// <summary>
/// The settings of an image as a text that people and other image programs read: the prompt, the negative prompt on a line of
/// its own, and a last line of settings, in the form that AUTOMATIC1111's web UI made common.
/// </summary>
/// <param name="Prompt">May have several lines.</param>
/// <param name="NegativePrompt">Null or empty when there is none.</param>
/// <param name="Settings">Names and values in the order in which they are written, for example <c>Steps</c>, <c>Seed</c>, <c>Size</c>.</param>
public sealed record GenerationParameters(string Prompt, string? NegativePrompt, IReadOnlyList<KeyValuePair<string, string>> Settings)
{
    private static readonly JsonSerializerOptions s_quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Prompt);
        if (!string.IsNullOrEmpty(NegativePrompt))
            text.Append("\nNegative prompt: ").Append(NegativePrompt);
        if (Settings.Count > 0)
            text.Append('\n').AppendJoin(", ", Settings.Select(setting => $"{setting.Key}: {Quote(setting.Value)}"));
        return text.ToString();
    }

    // A value that could be taken for more than one setting, or for a quoted one, is written as a JSON string.
    private static string Quote(string value)
        => value.AsSpan().IndexOfAny(",:\n\r") >= 0 || value.StartsWith('"') ? JsonSerializer.Serialize(value, s_quoting) : value;
}
