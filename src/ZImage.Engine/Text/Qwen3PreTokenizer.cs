using System.Text;

namespace ZImage.Engine.Text;

/// <summary>
/// Splits text into the words that BPE never crosses: the split expression of Qwen's tokenizer,
/// <code>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</code>
/// matched over code points. A .NET regular expression matches UTF-16 units instead and tears letters outside the
/// basic plane (rare Chinese characters, mathematical alphabets) from their neighbours.
/// </summary>
internal static class Qwen3PreTokenizer
{
    /// <summary>The words of a text, one after the other without gaps.</summary>
    public static IEnumerable<(int Offset, int Length)> Words(string text)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = WordEnd(text, start);
            yield return (start, end - start);
        }
    }

    /// <summary>Where the word that begins at <paramref name="start"/> ends. The alternatives are tried in the order of the expression.</summary>
    private static int WordEnd(string text, int start)
    {
        Rune first = RuneAt(text, start);
        int afterFirst = start + first.Utf16SequenceLength;

        if (first.Value == '\'' && ContractionLength(text.AsSpan(afterFirst)) is > 0 and int contraction)
            return afterFirst + contraction;

        if (Rune.IsLetter(first))
            return SkipLetters(text, afterFirst);
        if (Rune.IsNumber(first))
            return afterFirst;
        if (first.Value is not ('\r' or '\n') && afterFirst < text.Length && Rune.IsLetter(RuneAt(text, afterFirst)))
            return SkipLetters(text, afterFirst);

        int symbols = first.Value == ' ' ? afterFirst : start;
        int afterSymbols = SkipSymbols(text, symbols);
        if (afterSymbols > symbols)
        {
            while (afterSymbols < text.Length && text[afterSymbols] is '\r' or '\n')
                afterSymbols++;
            return afterSymbols;
        }

        return WhiteSpaceEnd(text, start);
    }

    // What is left is a run of white space: up to its last line break, else up to the last space before a word.
    private static int WhiteSpaceEnd(string text, int start)
    {
        int end = start, lastSpace = start, afterLineBreak = start;
        while (end < text.Length && char.IsWhiteSpace(text[end]))
        {
            lastSpace = end++;
            if (text[lastSpace] is '\r' or '\n')
                afterLineBreak = end;
        }

        if (afterLineBreak > start)
            return afterLineBreak;
        return end < text.Length && lastSpace > start ? lastSpace : end;
    }

    private static int ContractionLength(ReadOnlySpan<char> rest)
    {
        foreach (string ending in (ReadOnlySpan<string>)["re", "ve", "ll", "s", "t", "m", "d"])
        {
            if (rest.StartsWith(ending, StringComparison.OrdinalIgnoreCase))
                return ending.Length;
        }

        return 0;
    }

    private static int SkipLetters(string text, int index)
    {
        while (index < text.Length && RuneAt(text, index) is Rune rune && Rune.IsLetter(rune))
            index += rune.Utf16SequenceLength;
        return index;
    }

    private static int SkipSymbols(string text, int index)
    {
        while (index < text.Length && RuneAt(text, index) is Rune rune
            && !Rune.IsLetter(rune) && !Rune.IsNumber(rune) && !Rune.IsWhiteSpace(rune))
        {
            index += rune.Utf16SequenceLength;
        }

        return index;
    }

    private static Rune RuneAt(string text, int index)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out Rune rune, out _);
        return rune;
    }
}
