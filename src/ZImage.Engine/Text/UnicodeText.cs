using System.Text;

namespace ZImage.Engine.Text;

/// <summary>Turns any .NET string into what a byte-level tokenizer expects: well-formed Unicode in normalization form C.</summary>
internal static class UnicodeText
{
    /// <summary>Replaces each lone surrogate with U+FFFD, as an encoder to UTF-8 does.</summary>
    public static string ReplaceLoneSurrogates(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Normalization form C (canonical composition) of well-formed text. The runtime refuses text with some noncharacters, with
    /// ICU U+FFFE and with Windows' own tables all 66, though no rule composes them with anything: what lies between them is composed.
    /// </summary>
    public static string Compose(string text)
    {
        var composed = new StringBuilder(text.Length);
        int from = 0, at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = at + rune.Utf16SequenceLength;
            if (IsNoncharacter(rune))
            {
                composed.Append(text[from..at].Normalize(NormalizationForm.FormC)).Append(rune);
                from = next;
            }
            at = next;
        }
        return composed.Append(text[from..].Normalize(NormalizationForm.FormC)).ToString();
    }

    /// <summary>Whether Unicode keeps the code point out of all text: the last two of each plane, and 32 more.</summary>
    public static bool IsNoncharacter(Rune rune) => (rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF;
}
