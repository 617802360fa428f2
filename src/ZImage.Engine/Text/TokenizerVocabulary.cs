namespace ZImage.Engine.Text;

/// <summary>
/// A byte-level BPE vocabulary as model files carry it (GGUF keys <c>tokenizer.ggml.tokens</c>, <c>token_type</c>,
/// <c>merges</c>).
/// </summary>
/// <param name="Tokens">The token of each id: added tokens as plain text, all others in the <see cref="ByteAlphabet"/>.</param>
/// <param name="TokenTypes">The <see cref="TokenType"/> of each id; as long as <paramref name="Tokens"/>.</param>
/// <param name="Merges">The merges in order of rank, each "left right" in the <see cref="ByteAlphabet"/>.</param>
public sealed record TokenizerVocabulary(IReadOnlyList<string> Tokens, IReadOnlyList<int> TokenTypes, IReadOnlyList<string> Merges)
{
    /// <summary>The file the vocabulary came from, for messages.</summary>
    public string? Source { get; init; }
}
