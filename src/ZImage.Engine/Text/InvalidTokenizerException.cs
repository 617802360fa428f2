namespace ZImage.Engine.Text;

/// <summary>The vocabulary or the merge list of a tokenizer is incomplete or contradicts itself.</summary>
public sealed class InvalidTokenizerException : ZImageException
{
    /// <param name="reason">What is wrong, as a full sentence.</param>
    /// <param name="source">The file the vocabulary came from, if it is known.</param>
    /// <param name="inner">The fault underneath, if there is one.</param>
    public InvalidTokenizerException(string reason, string? source, Exception? inner = null)
        : base(
            "InvalidTokenizer",
            source is null ? $"The tokenizer cannot be used. {reason}" : $"The tokenizer in '{source}' cannot be used. {reason}",
            "Use a GGUF text encoder, which carries its tokenizer, or put the tokenizer.json of the published Qwen3-4B beside the file (or give it with -Tokenizer).",
            source,
            inner)
    {
    }
}
