using System.Text.Encodings.Web;
using System.Text.Json;

namespace ZImage.Engine.Imaging;

/// <summary>
/// The line of settings in a text of generation parameters: <c>Steps: 8, Seed: 42, Model: "a, b"</c>. A value is plain, a JSON
/// string, or a JSON list or object, which other programs write without quotes.
/// </summary>
internal static class SettingsLine
{
    /// <summary>Number of UTF-16 characters of the prompt; written as the last setting where the text alone would not tell.</summary>
    public const string PromptLength = "Prompt length";

    private static readonly JsonSerializerOptions s_quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Every program writes one of these; a line of a prompt rarely has them with a number.
    private static readonly string[] s_signs = ["Steps", "Seed", PromptLength];

    public static string Write(IEnumerable<KeyValuePair<string, string>> settings)
        => string.Join(", ", settings.Select(setting => $"{setting.Key}: {Quote(setting.Value)}"));

    /// <summary>The settings in their order, names that come twice included; null when the line is none of settings.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? Read(string line)
        => Split(line) is { } settings && settings.Any(setting => s_signs.Contains(setting.Key, StringComparer.OrdinalIgnoreCase) && IsWholeNumber(setting.Value)) ? settings : null;

    /// <summary>The same of a line that is known to be one of settings, whichever they are.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? Split(string line)
    {
        var settings = new List<KeyValuePair<string, string>>();
        bool closes = true;
        int at = 0;
        while (at < line.Length)
        {
            int colon = FindColon(line, at);
            if (colon < 0)
                return null;
            int end = FindComma(line, FindClosing(line, colon + 1, ref closes));
            // A part without a name belongs to the value before it.
            while (end < line.Length && FindColon(line, end + 1) < 0)
                end = FindComma(line, end + 1);
            settings.Add(new(line[at..colon].Trim(), Unquote(line[(colon + 1)..end].Trim(' ', '\t', '\r', ','))));
            at = end + 1;
        }
        return settings;
    }

    // A value that could be taken for more than one setting, or for a quoted one, is written as a JSON string.
    private static string Quote(string value)
        => value.AsSpan().IndexOfAny(",:\n\r") >= 0 || value.StartsWith('"') || value.StartsWith('[') || value.StartsWith('{') || value.Trim() != value
            ? JsonSerializer.Serialize(value, s_quoting)
            : value;

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != '"' || value[^1] != '"')
            return value;
        try
        {
            return JsonSerializer.Deserialize<string>(value)!;
        }
        catch (JsonException)
        {
            return value;
        }
    }

    private static bool IsWholeNumber(string value)
        => value.Length > 0 && value.AsSpan(value[0] == '-' ? 1 : 0) is { Length: > 0 } digits && !digits.ContainsAnyExceptInRange('0', '9');

    // The colon of a name that starts here, or -1. A name has a letter, so that a time of day is none.
    private static int FindColon(string line, int start)
    {
        bool hasLetter = false;
        for (int i = start; i < line.Length; i++)
        {
            char c = line[i];
            if (c == ':')
                return hasLetter ? i : -1;
            hasLetter |= char.IsLetter(c);
            if (!char.IsLetterOrDigit(c) && !" _-/.()+'\t".Contains(c, StringComparison.Ordinal))
                return -1;
        }
        return -1;
    }

    private static int FindComma(string line, int start)
    {
        int comma = start < line.Length ? line.IndexOf(',', start) : -1;
        return comma < 0 ? line.Length : comma;
    }

    // Where a quoted or bracketed value closes; the start of any other. Of those that never close, only the first is searched to the end.
    private static int FindClosing(string line, int start, ref bool closes)
    {
        while (start < line.Length && line[start] == ' ')
            start++;
        if (!closes || start == line.Length || line[start] is not ('"' or '[' or '{'))
            return start;
        int depth = 0;
        bool quoted = false;
        for (int i = start; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted && c == '\\')
                i++;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is '[' or '{')
                depth++;
            else if (!quoted && c is ']' or '}')
                depth--;
            if (!quoted && depth <= 0)
                return i;
        }
        closes = false;
        return start;
    }
}
