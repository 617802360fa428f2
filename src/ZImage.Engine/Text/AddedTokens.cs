using System.Buffers;

namespace ZImage.Engine.Text;

/// <summary>
/// Finds added tokens in raw text: the leftmost match, and of those that begin at the same place the longest, as
/// Hugging Face tokenizers do. Case and accents count; nothing is trimmed.
/// </summary>
internal sealed class AddedTokens
{
    private readonly (string Text, int Id)[] _longestFirst;
    private readonly SearchValues<char> _firstChars;

    public AddedTokens(IEnumerable<(string Text, int Id)> tokens)
    {
        _longestFirst = [.. tokens.Where(t => t.Text.Length > 0).OrderByDescending(t => t.Text.Length)];
        _firstChars = SearchValues.Create([.. _longestFirst.Select(t => t.Text[0]).Distinct()]);
    }

    /// <summary>The first added token in <paramref name="text"/>; false when there is none.</summary>
    public bool TryFind(ReadOnlySpan<char> text, out int start, out int length, out int id)
    {
        for (start = 0; start < text.Length; start++)
        {
            int offset = text[start..].IndexOfAny(_firstChars);
            if (offset < 0)
                break;
            start += offset;
            foreach ((string token, int tokenId) in _longestFirst)
            {
                if (text[start..].StartsWith(token, StringComparison.Ordinal))
                {
                    (length, id) = (token.Length, tokenId);
                    return true;
                }
            }
        }

        (start, length, id) = (text.Length, 0, 0);
        return false;
    }
}
