using System.Buffers;
using System.Text;

namespace ZImage.Engine.Text;

/// <summary>
/// The tokenizer of Qwen3: added tokens are split off the raw text first, the pieces between are brought to NFC, split
/// into words and merged by byte-level BPE. No token is ever added. Safe to use from several threads.
/// </summary>
public sealed class Qwen3Tokenizer
{
    /// <summary>The longest formatted prompt that Z-Image's text encoder is given, in tokens.</summary>
    public const int MaxPromptTokens = 512;

    private readonly IReadOnlyList<string> _tokens;
    private readonly IReadOnlyList<int> _types;
    private readonly AddedTokens _added;
    private readonly BytePairEncoder _encoder;

    /// <exception cref="InvalidTokenizerException">Tokens, types and merges do not fit together, or a byte or chat token is missing.</exception>
    public Qwen3Tokenizer(TokenizerVocabulary vocabulary)
    {
        (_tokens, _types) = (vocabulary.Tokens, vocabulary.TokenTypes);
        if (_types.Count != _tokens.Count)
            throw new InvalidTokenizerException($"It has {_tokens.Count} tokens but {_types.Count} token types.", vocabulary.Source);

        (string Text, int Id)[] added = Added();
        // A prompt without its chat tokens draws something else.
        foreach (string token in (ReadOnlySpan<string>)[ChatTemplate.MessageStart, ChatTemplate.MessageEnd])
        {
            if (!Array.Exists(added, e => e.Text == token))
                throw new InvalidTokenizerException($"It has no added token {token}.", vocabulary.Source);
        }

        _added = new AddedTokens(added);
        _encoder = new BytePairEncoder(vocabulary);
    }

    /// <summary>The number of ids, padding of the embedding table included.</summary>
    public int VocabularySize => _tokens.Count;

    /// <summary>
    /// The ids of a text as it stands. Added tokens written in the text become their ids. Lone surrogates count as U+FFFD.
    /// </summary>
    public int[] Encode(string text) => [.. Encode(text, int.MaxValue)];

    /// <summary>
    /// The ids of a prompt in Z-Image's <see cref="ChatTemplate"/>, at most <see cref="MaxPromptTokens"/>. A prompt that
    /// is too long loses the end of the formatted text, the closing tokens included, as in the official pipeline.
    /// </summary>
    public int[] EncodePrompt(string prompt, out bool truncated)
    {
        List<int> ids = Encode(ChatTemplate.Format(prompt), MaxPromptTokens + 1);
        truncated = ids.Count > MaxPromptTokens;
        return truncated ? [.. ids.Take(MaxPromptTokens)] : [.. ids];
    }

    /// <summary>The text of the ids. Bytes that are not UTF-8 (a character cut in two) become U+FFFD; unknown ids are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)VocabularySize)
                continue;
            if (TokenType.IsAdded(_types[id]))
                Encoding.UTF8.GetBytes(_tokens[id], bytes);
            else
                AppendBytes(_tokens[id], bytes);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private List<int> Encode(string text, int limit)
    {
        text = UnicodeText.ReplaceLoneSurrogates(text);
        var ids = new List<int>();
        int position = 0;
        while (position < text.Length && ids.Count < limit)
        {
            bool found = _added.TryFind(text.AsSpan(position), out int start, out int length, out int id);
            string piece = UnicodeText.Compose(text.Substring(position, start));
            foreach ((int offset, int count) in Qwen3PreTokenizer.Words(piece))
            {
                _encoder.Encode(piece.AsSpan(offset, count), ids);
                if (ids.Count >= limit)
                    break;
            }

            if (found)
                ids.Add(id);
            position += start + length;
        }

        if (ids.Count > limit)
            ids.RemoveRange(limit, ids.Count - limit);
        return ids;
    }

    private static void AppendBytes(string token, ArrayBufferWriter<byte> bytes)
    {
        foreach (char character in token)
        {
            if (ByteAlphabet.TryGetByte(character, out byte value))
                bytes.Write([value]);
        }
    }

    private (string Text, int Id)[] Added()
    {
        var added = new List<(string Text, int Id)>();
        for (int id = 0; id < _tokens.Count; id++)
        {
            if (TokenType.IsAdded(_types[id]))
                added.Add((_tokens[id], id));
        }

        return [.. added];
    }
}
