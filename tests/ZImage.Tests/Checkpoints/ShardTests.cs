using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;

namespace ZImage.Tests.Checkpoints;

/// <summary>Models in several files.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AllShardsAreOneCheckpoint()
    {
        string index = TinyTensors.Transformer.Safetensors("F32").WriteShards(_folder.Path, "m", 4);
        using Checkpoint whole = Checkpoint.Open(index);
        using Checkpoint byShard = Checkpoint.Open(_folder["m-00002-of-00004.safetensors"]);
        using Checkpoint golden = Checkpoint.Open(TinyTensors.GoldenFile("dit-tiny.gguf"));

        Assert.Equal(4, whole.Files.Count);
        Assert.Equal(golden.Tensors.Keys.Order(), whole.Tensors.Keys.Order());
        Assert.Equal(whole.Fingerprint, byShard.Fingerprint);
        Assert.Equal("m", new ModelFiles(index, "", "").Name);
        Assert.Equal("m", new ModelFiles(byShard.Path, "", "").Name);
        Assert.Equal(whole.Files.Sum(file => file.Length), whole.Length);
    }

    [Theory]
    [InlineData("m.safetensors.index.json")]
    [InlineData("m-00001-of-00003.safetensors")]
    public void AMissingShardIsNamed(string opened)
    {
        TinyTensors.Transformer.Safetensors("F32").WriteShards(_folder.Path, "m", 3);
        File.Delete(_folder["m-00002-of-00003.safetensors"]);

        Assert.Equal(["m-00002-of-00003.safetensors"], Assert.Throws<ModelShardMissingException>(() => Checkpoint.Open(_folder[opened])).Missing);
    }

    [Fact]
    public void OneShardIsNotAWholeModel()
        => Assert.Equal(2, Assert.Throws<ModelShardMissingException>(
            () => Checkpoint.Open(TinyTensors.Transformer.WriteSafetensors(_folder["m-00001-of-00003.safetensors"], "F32"))).Missing.Count);

    [Fact]
    public void ATensorInTwoShardsIsAFault()
    {
        TinyTensors.Transformer.WriteSafetensors(_folder["m-00001-of-00002.safetensors"], "F32");
        TinyTensors.Transformer.WriteSafetensors(_folder["m-00002-of-00002.safetensors"], "F32");

        Assert.Contains("'m-00001-of-00002.safetensors'", Assert.Throws<ModelFileCorruptException>(() => Checkpoint.Open(_folder["m-00001-of-00002.safetensors"])).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"weight_map\":{}}")]
    [InlineData("{\"weight_map\":{\"x\":3}}")]
    [InlineData("{\"weight_map\":{\"x\":\"../m.safetensors\"}}")]
    [InlineData("{\"weight_map\":{\"x\":\"a\\\\b.safetensors\"}}")]
    [InlineData("{\"weight_map\":{\"x\":\"..\"}}")]
    [InlineData("{\"weight_map\":{\"x\":\"\"}}")]
    public void AnIndexThatIsNone(string text)
    {
        File.WriteAllText(_folder["m.safetensors.index.json"], text);

        Assert.Throws<ModelFileCorruptException>(() => Checkpoint.Open(_folder["m.safetensors.index.json"]));
    }

    [Fact]
    public void AnIndexThatIsNotThere() => Assert.Throws<ModelFileNotFoundException>(() => Checkpoint.Open(_folder["m.safetensors.index.json"]));

    [Fact]
    public void ShardsOfGgufFiles()
    {
        TinyTensors all = TinyTensors.Autoencoder;
        all.Where(tensor => tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)).WriteGguf(_folder["v-00001-of-00002.gguf"], "F32");
        all.Where(tensor => !tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)).WriteGguf(_folder["v-00002-of-00002.gguf"], "F32");

        using ComponentFile file = ComponentFile.Open(_folder["v-00002-of-00002.gguf"], ComponentKind.Autoencoder);

        Assert.True(file.Has("encoder.conv_in.weight") && file.Has("decoder.conv_in.weight"));
    }
}
