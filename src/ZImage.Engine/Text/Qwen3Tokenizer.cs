using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

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
    private readonly BpeTokenizer _bpe;

    /// <exception cref="InvalidTokenizerException">Tokens, types and merges do not fit together, or a byte or chat token is missing.</exception>
    public Qwen3Tokenizer(TokenizerVocabulary vocabulary)
    {
        CheckComplete(vocabulary);
        (_tokens, _types) = (vocabulary.Tokens, vocabulary.TokenTypes);
        _added = new AddedTokens(Entries(vocabulary, TokenType.IsAdded));
        try
        {
            _bpe = BpeTokenizer.Create(new BpeOptions(Entries(vocabulary, IsMergeable).Select(e => KeyValuePair.Create(e.Text, e.Id)))
            {
                Merges = vocabulary.Merges,
                PreTokenizer = new Qwen3PreTokenizer(),
                ByteLevel = true,
            });
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            throw new InvalidTokenizerException(fault.Message, vocabulary.Source, fault);
        }
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
            if (start > 0)
                ids.AddRange(_bpe.EncodeToIds(UnicodeText.Compose(text.Substring(position, start)), limit - ids.Count, out _, out _));
            if (found && ids.Count < limit)
                ids.Add(id);
            position += start + length;
        }

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

    private static IEnumerable<(string Text, int Id)> Entries(TokenizerVocabulary vocabulary, Func<int, bool> ofType)
    {
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (ofType(vocabulary.TokenTypes[id]))
                yield return (vocabulary.Tokens[id], id);
        }
    }

    private static bool IsMergeable(int type) => type != TokenType.Unused && !TokenType.IsAdded(type);

    // BPE drops a byte it has no token for without a word, and a prompt without its chat tokens draws something else.
    private static void CheckComplete(TokenizerVocabulary vocabulary)
    {
        if (vocabulary.TokenTypes.Count != vocabulary.Tokens.Count)
            throw new InvalidTokenizerException($"It has {vocabulary.Tokens.Count} tokens but {vocabulary.TokenTypes.Count} token types.", vocabulary.Source);

        var bytes = new bool[256];
        foreach ((string token, _) in Entries(vocabulary, IsMergeable))
        {
            if (token.Length == 1 && ByteAlphabet.TryGetByte(token[0], out byte value))
                bytes[value] = true;
        }

        int missing = Array.IndexOf(bytes, false);
        if (missing >= 0)
            throw new InvalidTokenizerException($"It has no token for the byte 0x{missing:X2}.", vocabulary.Source);

        foreach (string token in (ReadOnlySpan<string>)[ChatTemplate.MessageStart, ChatTemplate.MessageEnd])
        {
            if (!Entries(vocabulary, TokenType.IsAdded).Any(e => e.Text == token))
                throw new InvalidTokenizerException($"It has no added token {token}.", vocabulary.Source);
        }
    }
}
