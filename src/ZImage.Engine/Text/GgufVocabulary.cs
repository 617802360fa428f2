using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Text;

/// <summary>Reads the vocabulary out of a GGUF text encoder: the keys <c>tokenizer.ggml.*</c>, as llama.cpp writes them.</summary>
public static class GgufVocabulary
{
    /// <exception cref="InvalidTokenizerException">A key is missing, or the tokenizer is not byte-level BPE ("gpt2").</exception>
    public static TokenizerVocabulary Read(Checkpoint checkpoint)
    {
        CheckpointMetadata metadata = checkpoint.Metadata;
        string model = Require(metadata.GetString, "tokenizer.ggml.model");
        if (model != "gpt2")
            throw new InvalidTokenizerException($"It is of the kind '{model}', not byte-level BPE ('gpt2').", checkpoint.Path);

        return new TokenizerVocabulary(
            Require(metadata.GetStrings, "tokenizer.ggml.tokens"),
            Require(metadata.GetInt32s, "tokenizer.ggml.token_type"),
            Require(metadata.GetStrings, "tokenizer.ggml.merges"))
        {
            Source = checkpoint.Path,
        };

        T Require<T>(Func<string, T?> read, string key)
            where T : class => read(key) ?? throw new InvalidTokenizerException($"The key {key} is missing.", checkpoint.Path);
    }
}
