using System.Text;

namespace ZImage.Engine.Text;

/// <summary>Turns any .NET string into what a byte-level tokenizer expects: well-formed Unicode in normalization form C.</summary>
internal static class UnicodeText
{
    // The runtime refuses to normalize text that holds this noncharacter, though no rule composes it with anything.
    private const char RefusedByNormalize = '\uFFFE';

    /// <summary>Replaces each lone surrogate with U+FFFD, as an encoder to UTF-8 does.</summary>
    public static string ReplaceLoneSurrogates(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Normalization form C (canonical composition) of well-formed text.</summary>
    public static string Compose(string text) => text.Contains(RefusedByNormalize)
        ? string.Join(RefusedByNormalize, text.Split(RefusedByNormalize).Select(part => part.Normalize(NormalizationForm.FormC)))
        : text.Normalize(NormalizationForm.FormC);
}
