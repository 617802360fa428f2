using System.Runtime.InteropServices;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Text;
using ZImage.Ggml;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Text;

/// <summary>The tokenizer that a GGUF text encoder carries.</summary>
public sealed class GgufVocabularyTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():N}.gguf");

    public void Dispose() => File.Delete(_file);

    [Fact, Trait("Category", "Golden")]
    public void The_vocabulary_of_the_tiny_encoder_gives_the_tokens_of_the_whole_run()
    {
        using Checkpoint encoder = Checkpoint.Open(GoldenJson.PathOf("qwen3-tiny.gguf"));
        using Checkpoint cases = Checkpoint.Open(GoldenJson.PathOf("e2e-cases.gguf"));
        var tokenizer = new Qwen3Tokenizer(GgufVocabulary.Read(encoder));
        string prompt = cases.Metadata.GetString("golden.full.prompt")!;

        Assert.Equal(cases.Metadata.GetString("golden.full.chat"), ChatTemplate.Format(prompt));
        int[] ids = tokenizer.EncodePrompt(prompt, out bool truncated);
        Assert.Equal(Integers(cases.Tensors["full.tokens"]), ids);
        Assert.False(truncated);
        Assert.Equal(ChatTemplate.Format(prompt), tokenizer.Decode(ids));
    }

    [Theory]
    [InlineData("tokenizer.ggml.model")]
    [InlineData("tokenizer.ggml.tokens")]
    [InlineData("tokenizer.ggml.token_type")]
    [InlineData("tokenizer.ggml.merges")]
    public void A_missing_key_is_named(string missing)
    {
        Write(missing, "gpt2");
        Assert.Contains(missing, Refusal().Message);
    }

    [Fact]
    public void Another_kind_of_tokenizer_is_refused()
    {
        Write(null, "llama");
        Assert.Contains("'llama'", Refusal().Message);
    }

    private InvalidTokenizerException Refusal()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_file);
        var fault = Assert.Throws<InvalidTokenizerException>(() => GgufVocabulary.Read(checkpoint));
        Assert.Equal(checkpoint.Path, fault.Target);
        return fault;
    }

    private void Write(string? without, string model)
    {
        var writer = new GgufWriter();
        (string Key, object Value)[] entries =
        [
            ("tokenizer.ggml.model", model),
            ("tokenizer.ggml.tokens", (string[])["a", "b"]),
            ("tokenizer.ggml.token_type", (int[])[1, 1]),
            ("tokenizer.ggml.merges", (string[])["a b"]),
        ];
        foreach ((string key, object value) in entries.Where(e => e.Key != without))
            writer.AddMetadata(key, value);
        writer.Write(_file);
    }

    private static int[] Integers(CheckpointTensor tensor) => tensor.Type == GgmlType.F32
        ? [.. MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray().Select(value => (int)value)]
        : MemoryMarshal.Cast<byte, int>(tensor.Data).ToArray();
}
