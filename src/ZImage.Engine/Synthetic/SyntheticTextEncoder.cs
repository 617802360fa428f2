using ZImage.Engine.Checkpoints;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>Qwen3 as llama.cpp names it.</summary>
internal sealed class SyntheticTextEncoder : SyntheticComponent
{
    private const int Bytes = 256;

    private readonly SyntheticSizes _sizes;

    public SyntheticTextEncoder(SyntheticSizes sizes)
    {
        _sizes = sizes;
        long hidden = sizes.Hidden, width = (long)sizes.TextHeads * sizes.TextHeadDim, kvWidth = (long)sizes.TextKvHeads * sizes.TextHeadDim;
        // Every block adds twice to what flows through all of them.
        float added = 1 / MathF.Sqrt(2 * sizes.TextLayers);
        Add("token_embd.weight", GgmlType.Q8_0, [hidden, sizes.Vocabulary], 0, 1);
        for (int i = 0; i < sizes.TextLayers; i++)
        {
            string block = $"blk.{i}.";
            Norm(block + "attn_norm", hidden);
            Matrix(block + "attn_q", hidden, width);
            Matrix(block + "attn_k", hidden, kvWidth);
            Matrix(block + "attn_v", hidden, kvWidth);
            Norm(block + "attn_q_norm", sizes.TextHeadDim);
            Norm(block + "attn_k_norm", sizes.TextHeadDim);
            Matrix(block + "attn_output", width, hidden, added);
            Norm(block + "ffn_norm", hidden);
            Matrix(block + "ffn_gate", hidden, sizes.TextFeedForward);
            Matrix(block + "ffn_up", hidden, sizes.TextFeedForward);
            Matrix(block + "ffn_down", sizes.TextFeedForward, hidden, added);
        }
        Norm("output_norm", hidden);
    }

    /// <summary>What its file knows of text: unless it is given, the bytes and the tokens of the conversation alone, so that a prompt has one token for each of its bytes.</summary>
    public TokenizerVocabulary Vocabulary { get; init; } = ByteVocabulary();

    protected override void Describe(GgufWriter writer)
    {
        writer.AddMetadata("general.architecture", "qwen3");
        writer.AddMetadata("general.name", "synthetic Qwen3");
        writer.AddMetadata("qwen3.block_count", (uint)_sizes.TextLayers);
        writer.AddMetadata("qwen3.embedding_length", (uint)_sizes.Hidden);
        writer.AddMetadata("qwen3.feed_forward_length", (uint)_sizes.TextFeedForward);
        writer.AddMetadata("qwen3.attention.head_count", (uint)_sizes.TextHeads);
        writer.AddMetadata("qwen3.attention.head_count_kv", (uint)_sizes.TextKvHeads);
        writer.AddMetadata("qwen3.attention.key_length", (uint)_sizes.TextHeadDim);
        writer.AddMetadata("qwen3.attention.value_length", (uint)_sizes.TextHeadDim);
        writer.AddMetadata("qwen3.attention.layer_norm_rms_epsilon", 1e-6f);
        writer.AddMetadata("qwen3.rope.freq_base", 1e6f);
        writer.AddMetadata("general.quantization_version", 2u);

        writer.AddMetadata("tokenizer.ggml.model", "gpt2");
        writer.AddMetadata("tokenizer.ggml.pre", "qwen2");
        writer.AddMetadata("tokenizer.ggml.tokens", (string[])[.. Vocabulary.Tokens]);
        writer.AddMetadata("tokenizer.ggml.token_type", (int[])[.. Vocabulary.TokenTypes]);
        writer.AddMetadata("tokenizer.ggml.merges", (string[])[.. Vocabulary.Merges]);
    }

    private static TokenizerVocabulary ByteVocabulary()
    {
        string[] added = [ChatTemplate.MessageStart, ChatTemplate.MessageEnd];
        return new TokenizerVocabulary(
            [.. Enumerable.Range(0, Bytes).Select(value => ByteAlphabet.ToChar((byte)value).ToString()), .. added],
            [.. Enumerable.Repeat(TokenType.Normal, Bytes), .. added.Select(_ => TokenType.Control)],
            []);
    }
}
