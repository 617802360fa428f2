using ZImage.Engine.Checkpoints;

namespace ZImage.Tests.Checkpoints;

public sealed class ComponentFileTests : IDisposable
{
    private const long Any = TensorShape.Any;
    private const int Dim = SmallModels.Dim;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("model.diffusion_model.")]
    [InlineData("diffusion_model.")]
    public void ATransformerHasTheSameNamesWithEveryPrefix(string prefix)
    {
        using ComponentFile file = Open(SmallModels.Transformer(prefix), ComponentKind.Transformer);

        Assert.Equal(prefix, file.Recognized.Prefix);
        Assert.Equal([Dim, 3 * Dim], file.Require("layers.1.attention.qkv.weight", Dim, 3 * Dim).Shape);
        Assert.Equal($"{prefix}layers.1.attention.qkv.weight", file.Require("layers.1.attention.qkv.weight").Stored.Name);
        Assert.Equal(2, file.Blocks("layers."));
        Assert.Equal(1, file.Blocks("noise_refiner."));
        Assert.Equal(0, file.Blocks("context_refiner."));
    }

    [Theory]
    [InlineData("")]
    [InlineData("first_stage_model.")]
    [InlineData("vae.")]
    public void AnAutoencoderHasTheSameNamesWithEveryPrefix(string prefix)
    {
        using ComponentFile file = Open(SmallModels.Autoencoder(prefix), ComponentKind.Autoencoder);

        Assert.Equal(prefix, file.Recognized.Prefix);
        Assert.Equal([3, 3, 4, 8], file.Require("decoder.conv_in.weight", 3, 3, Any, 8).Shape);
        Assert.Equal(1, file.Blocks("decoder.up."));
    }

    [Fact]
    public void ATextEncoderIsRead()
    {
        using ComponentFile file = Open(SmallModels.TextEncoder(), ComponentKind.TextEncoder);

        Assert.Equal(1, file.Blocks("blk."));
        Assert.Equal(["a", "\u0120b", "猫"], file.Metadata.GetStrings("tokenizer.ggml.tokens")!);
    }

    [Theory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { Dim })]
    [InlineData(new long[] { Dim, 1 })]
    [InlineData(new long[] { Dim, 1, 1, 1 })]
    [InlineData(new long[] { Any })]
    [InlineData(new long[] { Dim, Any })]
    public void BothRanksOfAVectorFit(long[] expected)
    {
        using ComponentFile file = Open(SmallModels.Transformer(), ComponentKind.Transformer);

        Assert.Equal(Dim, file.Require("x_pad_token", expected).Elements);
        Assert.Equal(Dim, file.Require("cap_embedder.0.weight", expected).Elements);
    }

    [Theory]
    [InlineData(new long[] { Dim + 1 })]
    [InlineData(new long[] { Dim, 2 })]
    [InlineData(new long[] { 1, Dim })]
    public void AnotherShapeIsAFaultWithBoth(long[] expected)
    {
        using ComponentFile file = Open(SmallModels.Transformer(), ComponentKind.Transformer);

        TensorShapeMismatchException fault = Assert.Throws<TensorShapeMismatchException>(() => file.Require("x_pad_token", expected));
        Assert.Equal("x_pad_token", fault.Name);
        Assert.Equal(expected, fault.Expected);
        Assert.Equal([Dim], fault.Found);
        Assert.Contains("[32]", fault.Message, StringComparison.Ordinal);
        Assert.Contains(TensorShape.Format(expected), fault.Message, StringComparison.Ordinal);
        Assert.Contains(file.Path, fault.Message, StringComparison.Ordinal);
        Assert.Throws<TensorShapeMismatchException>(() => file.Find("x_pad_token", expected));
    }

    [Fact]
    public void AMissingTensorIsNamed()
    {
        using ComponentFile file = Open(SmallModels.Transformer(), ComponentKind.Transformer);

        Assert.Null(file.Find("layers.0.attention.out.weight", Dim, Dim));
        Assert.False(file.Has("layers.0.attention.out.weight"));
        TensorMissingException fault = Assert.Throws<TensorMissingException>(() => file.Require("layers.0.attention.out.weight", Dim, Dim));
        Assert.Equal(["layers.0.attention.out.weight"], fault.Names);
        Assert.Contains("'layers.0.attention.out.weight'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AllMissingTensorsAreNamedAtOnce()
    {
        var fault = new TensorMissingException("m.gguf", ["a", "b", "c", "d", "e", "f"]);

        Assert.Equal(["a", "b", "c", "d", "e", "f"], fault.Names);
        Assert.Contains("6 tensors", fault.Message, StringComparison.Ordinal);
        Assert.Contains("1 more", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownTypeIsAFaultWhenTheTensorIsUsed()
    {
        byte[] contents = SmallModels.Autoencoder(more: writer => writer.AddTensor("decoder.conv_out.weight", 999, [3, 3, 8, 3], new byte[64]));
        using ComponentFile file = Open(contents, ComponentKind.Autoencoder);

        Assert.True(file.Has("decoder.conv_out.weight"));
        TensorTypeUnsupportedException fault = Assert.Throws<TensorTypeUnsupportedException>(() => file.Require("decoder.conv_out.weight"));
        Assert.Equal("number 999", fault.Type.Name);
        Assert.Contains("999", fault.Message, StringComparison.Ordinal);
        Assert.Throws<TensorTypeUnsupportedException>(() => file.Find("decoder.conv_out.weight"));
    }

    [Fact]
    public void SideTensorsAreSetApart()
    {
        string[] side =
        [
            "norm_final.weight", "scaled_fp8", "layers.0.attention.qkv.scale_weight", "layers.0.attention.qkv.weight_scale", "layers.0.attention.qkv.comfy_quant",
        ];
        byte[] contents = SmallModels.Transformer("diffusion_model.", writer =>
        {
            foreach (string name in side)
                SmallModels.F32(writer, "diffusion_model." + name, 1);
        });
        using ComponentFile file = Open(contents, ComponentKind.Transformer);

        Assert.Equal(side.Select(name => "diffusion_model." + name), file.SideTensors.Select(tensor => tensor.Name));
        Assert.All(side, name => Assert.False(file.Has(name)));
    }

    [Fact]
    public void AMissingBlockBetweenOthersIsNamed()
    {
        byte[] contents = SmallModels.TextEncoder(writer => SmallModels.F32(writer, "blk.2.attn_q.weight", Dim, Dim));
        using ComponentFile file = Open(contents, ComponentKind.TextEncoder);

        Assert.Equal(["blk.1.*"], Assert.Throws<TensorMissingException>(() => file.Blocks("blk.")).Names);
    }

    [Fact]
    public void ComponentsAreNotTakenForEachOther()
    {
        (ComponentKind Kind, byte[] Contents)[] files =
        [
            (ComponentKind.Transformer, SmallModels.Transformer()),
            (ComponentKind.TextEncoder, SmallModels.TextEncoder()),
            (ComponentKind.Autoencoder, SmallModels.Autoencoder()),
            (ComponentKind.Unknown, SmallModels.Write(writer => SmallModels.F32(writer, "some.other.weight", 4))),
            (ComponentKind.Unknown, SmallModels.Write(_ => { })),
        ];
        foreach ((ComponentKind kind, byte[] contents) in files)
        {
            string path = _folder.Write($"{kind}.gguf", contents);
            using (Checkpoint checkpoint = Checkpoint.Open(path))
            {
                RecognizedComponent recognized = ComponentRecognizer.Recognize(checkpoint);
                Assert.Equal(kind, recognized.Kind);
                Assert.NotEmpty(recognized.Evidence);
            }
            foreach (ComponentKind wanted in ComponentKinds.All.Where(wanted => wanted != kind))
            {
                WrongComponentException fault = Assert.Throws<WrongComponentException>(() => ComponentFile.Open(path, wanted));
                Assert.Equal((wanted, kind), (fault.Expected, fault.Found));
                Assert.Contains(path, fault.Message, StringComparison.Ordinal);
                Assert.Contains(wanted.Describe(), fault.Message, StringComparison.Ordinal);
            }
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("blk.0.ffn_gate_inp.weight")]
    [InlineData("blk.0.post_attention_norm.weight")]
    public void OtherLanguageModelsAreNoTextEncoders(string theirs)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("other.gguf", SmallModels.TextEncoder(writer => SmallModels.F32(writer, theirs, Dim))));

        Assert.Equal(ComponentKind.Unknown, ComponentRecognizer.Recognize(checkpoint).Kind);
    }

    [Fact]
    public void AFileWithOneTensorMissingIsStillRecognised()
    {
        byte[] contents = SmallModels.Write(writer =>
        {
            SmallModels.F32(writer, "layers.1.adaLN_modulation.0.weight", Dim, 4 * Dim);
            SmallModels.F32(writer, "cap_embedder.1.weight", Dim, Dim);
        });
        using ComponentFile file = Open(contents, ComponentKind.Transformer);

        Assert.Equal(["cap_embedder.0.weight"], Assert.Throws<TensorMissingException>(() => file.Require("cap_embedder.0.weight", Any)).Names);
        Assert.Equal(["layers.0.*"], Assert.Throws<TensorMissingException>(() => file.Blocks("layers.")).Names);
    }

    [Fact]
    public void AFileMayHoldSeveralComponents()
    {
        byte[] contents = SmallModels.Transformer("model.diffusion_model.", writer =>
        {
            SmallModels.F32(writer, "vae.decoder.mid.block_1.norm1.weight", 8);
            SmallModels.F32(writer, "vae.decoder.up.0.block.0.norm1.weight", 8);
        });
        string path = _folder.Write("merged.gguf", contents);
        using ComponentFile transformer = ComponentFile.Open(path, ComponentKind.Transformer);
        using ComponentFile autoencoder = ComponentFile.Open(path, ComponentKind.Autoencoder);

        Assert.Equal(2, ComponentRecognizer.RecognizeAll(transformer.Checkpoint).Count);
        Assert.False(transformer.Has("vae.decoder.mid.block_1.norm1.weight"));
        Assert.Equal(2, autoencoder.Tensors.Count);
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.NamedModelFiles), MemberType = typeof(GoldenFolder))]
    [Trait("Category", "Golden")]
    public void GoldenFilesAreRecognised(string name)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Path, name));
        ComponentKind expected = name.Contains("-cases", StringComparison.Ordinal) ? ComponentKind.Unknown
            : name.StartsWith("dit", StringComparison.Ordinal) ? ComponentKind.Transformer
            : name.StartsWith("qwen3", StringComparison.Ordinal) ? ComponentKind.TextEncoder
            : ComponentKind.Autoencoder;

        Assert.Equal(expected, ComponentRecognizer.Recognize(checkpoint).Kind);
    }

    private ComponentFile Open(byte[] contents, ComponentKind kind) => ComponentFile.Open(_folder.Write($"{Guid.NewGuid():N}.gguf", contents), kind);
}
