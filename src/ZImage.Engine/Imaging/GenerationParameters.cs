using System.Globalization;
using System.Text;

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
    private const string NegativeLine = "\nNegative prompt:";

    /// <summary>
    /// Reads the text of any program that writes this form. The last line counts as settings when it names steps or a seed; without
    /// such a line all is prompt. What was written by <see cref="ToString"/> comes back to the letter.
    /// </summary>
    public static GenerationParameters Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int end = text.AsSpan().TrimEnd().Length;
        int line = text.AsSpan(0, end).LastIndexOf('\n') + 1;
        if (SettingsLine.Read(text[line..end]) is not { } settings)
            return Split(WithLineFeeds(text), []);

        string prompts = text[..Math.Max(0, line - 1)];
        if (SplitByLength(prompts, settings) is { } exact)
            return exact;
        // The return before the settings belongs to the end of a line, where all lines end so.
        return Split(line == 0 ? "" : WithLineFeeds(text[..line])[..^1], settings);
    }

    /// <summary>The text.</summary>
    public override string ToString()
    {
        string text = Write(Settings);
        GenerationParameters read = Parse(text);
        // A prompt can look like what follows it: then its length says where it ends.
        return read.Prompt == Prompt && (read.NegativePrompt ?? "") == (NegativePrompt ?? "") && read.Settings.SequenceEqual(Settings)
            ? text
            : Write([.. Settings, new(SettingsLine.PromptLength, Prompt.Length.ToString(CultureInfo.InvariantCulture))]);
    }

    private string Write(IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        var text = new StringBuilder(Prompt);
        if (!string.IsNullOrEmpty(NegativePrompt))
            text.Append(NegativeLine).Append(' ').Append(NegativePrompt);
        if (settings.Count > 0)
            text.Append('\n').Append(SettingsLine.Write(settings));
        return text.ToString();
    }

    // The first negative line counts, as in other programs.
    private static GenerationParameters Split(string prompts, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        int at = ('\n' + prompts).IndexOf(NegativeLine, StringComparison.OrdinalIgnoreCase);
        return at < 0
            ? new GenerationParameters(prompts, null, settings)
            : new GenerationParameters(prompts[..Math.Max(0, at - 1)], Negative(prompts[(at + NegativeLine.Length - 1)..]), settings);
    }

    // Null where the text was edited, so that the length leads nowhere.
    private static GenerationParameters? SplitByLength(string prompts, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        KeyValuePair<string, string> last = settings[^1];
        if (last.Key != SettingsLine.PromptLength || !int.TryParse(last.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > prompts.Length)
            return null;
        string rest = prompts[length..];
        return rest.Length > 0 && !rest.StartsWith(NegativeLine, StringComparison.Ordinal)
            ? null
            : new GenerationParameters(prompts[..length], rest.Length == 0 ? null : Negative(rest[NegativeLine.Length..]), [.. settings.SkipLast(1)]);
    }

    private static string? Negative(string afterColon)
    {
        string negative = afterColon.StartsWith(' ') ? afterColon[1..] : afterColon;
        return negative.Length == 0 ? null : negative;
    }

    // Lines that all end in a return and a line feed were written so by a system; a return in a single line is part of a prompt.
    private static string WithLineFeeds(string text)
        => text.AsSpan().Count('\n') == text.AsSpan().Count("\r\n") ? text.Replace("\r\n", "\n", StringComparison.Ordinal) : text;
}
