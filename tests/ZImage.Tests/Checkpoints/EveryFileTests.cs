using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.Tests.Checkpoints;

/// <summary>
/// One small model, written under every name and in every type that files have. The same weights draw the same picture, to the last bit, whatever the
/// file calls them.
/// </summary>
public sealed class EveryFileTests : IDisposable
{
    private static readonly Lazy<ModelFiles> s_golden = new(() => new ModelFiles(
        TinyTensors.GoldenFile("dit-tiny.gguf"), TinyTensors.GoldenFile("qwen3-tiny.gguf"), TinyTensors.GoldenFile("vae-tiny.gguf")));
    private static readonly Lazy<string> s_goldenPicture = new(() => Picture(s_golden.Value));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("fused", "")]
    [InlineData("fused", "model.diffusion_model.")]
    [InlineData("fused", "diffusion_model.")]
    [InlineData("split", "")]
    [InlineData("split", "model.diffusion_model.")]
    [InlineData("diffusers", "")]
    [InlineData("diffusers", "transformer.")]
    public void ATransformerOfEveryDialect(string dialect, string prefix)
    {
        TinyTensors tensors = Transformer(dialect).Rename(name => prefix + name);

        string safetensors = tensors.WriteSafetensors(_folder["t.safetensors"], "F32");
        string gguf = tensors.WriteGguf(_folder["t.gguf"], "F32");

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Diffusion = safetensors }));
        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Diffusion = gguf }));
    }

    [Theory]
    [InlineData("fused", "F16")]
    [InlineData("diffusers", "F16")]
    [InlineData("fused", "BF16")]
    [InlineData("diffusers", "BF16")]
    public void ATransformerOfEveryType(string dialect, string type)
    {
        string expected = Picture(s_golden.Value with { Diffusion = TinyTensors.Transformer.WriteGguf(_folder["t.gguf"], type) });
        string safetensors = Transformer(dialect).WriteSafetensors(_folder["t.safetensors"], type);

        Assert.NotEqual(s_goldenPicture.Value, expected);
        Assert.Equal(expected, Picture(s_golden.Value with { Diffusion = safetensors }));
    }

    [Theory]
    [InlineData("fused", "F8_E4M3")]
    [InlineData("diffusers", "F8_E4M3")]
    [InlineData("fused", "F8_E5M2")]
    public void EightBitFloatsDrawAsTheSameValuesInF16(string dialect, string type)
    {
        var stored = StoredType.Float8E4M3.Name == type ? StoredType.Float8E4M3 : StoredType.Float8E5M2;
        TinyTensors rounded = TinyTensors.Transformer.Each(tensor => tensor with { Values = Float8Values(stored, tensor.Values) });
        string expected = Picture(s_golden.Value with { Diffusion = rounded.WriteGguf(_folder["t.gguf"], "F16") });

        string safetensors = Transformer(dialect).WriteSafetensors(_folder["t.safetensors"], type);

        Assert.Equal(expected, Picture(s_golden.Value with { Diffusion = safetensors }));
    }

    [Theory]
    [InlineData("scale_weight", false)]
    [InlineData("weight_scale", false)]
    [InlineData("weight_scale", true)]
    public void FactorsOfEightBitFloatsAreApplied(string name, bool byRow)
    {
        TinyTensors plain = TinyTensors.Transformer.Each(tensor => tensor with { Type = IsMatrix(tensor) ? "F8_E4M3" : "F32" });
        TinyTensors scaled = plain.Each(tensor => IsMatrix(tensor) ? Scaled(tensor, name, byRow) : [tensor]);
        string file = scaled.With(new TinyTensor("scaled_fp8", [2], [0, 0], "F8_E4M3")).WriteSafetensors(_folder["t.safetensors"], "F32");

        // What the factors make of the codes, rounded to F16 once, is what a file with these values in F16 holds.
        TinyTensors values = scaled.Where(tensor => !tensor.Name.EndsWith(name, StringComparison.Ordinal)).Each(tensor => !IsMatrix(tensor) ? tensor : Unscaled(tensor, scaled[ScaleName(tensor, name)]));
        string same = values.Each(tensor => tensor with { Type = IsMatrix(tensor) ? "F16" : "F32" }).WriteSafetensors(_folder["v.safetensors"], "F32");

        string picture = Picture(s_golden.Value with { Diffusion = file });
        Assert.Equal(Picture(s_golden.Value with { Diffusion = same }), picture);
        Assert.NotEqual(Picture(s_golden.Value with { Diffusion = plain.WriteSafetensors(_folder["p.safetensors"], "F32") }), picture);
    }

    [Fact]
    public void FactorsOfRectanglesAreApplied()
    {
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        TinyTensors encoder = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder);
        float Factor(int row, int column) => 1 << ((row / 32 + column / 32) % 3);
        TinyTensors Changed(Func<TinyTensor, IEnumerable<TinyTensor>> matrix) => encoder.Each(tensor => tensor.Name.EndsWith("_proj.weight", StringComparison.Ordinal) ? matrix(tensor) : [tensor]);
        float[] By(TinyTensor tensor, Func<float, float, float> apply) => [.. tensor.Values.Select((value, i) => apply(value, Factor(i / (int)tensor.Shape[0], i % (int)tensor.Shape[0])))];

        string file = Changed(tensor =>
        {
            (int across, int down) = ((int)tensor.Shape[0] / 32, (int)tensor.Shape[1] / 32);
            float[] factors = [.. Enumerable.Range(0, across * down).Select(i => Factor(i / across * 32, i % across * 32))];
            return [tensor with { Type = "F8_E4M3", Values = By(tensor, (value, factor) => value / factor) }, new TinyTensor(ScaleName(tensor, "weight_scale_inv"), [across, down], factors, "F32")];
        }).WriteSafetensors(_folder["a.safetensors"], "F32");
        string same = Changed(tensor => [tensor with { Type = "F16", Values = By(tensor with { Values = Float8Values(StoredType.Float8E4M3, By(tensor, (value, factor) => value / factor)) }, (value, factor) => value * factor) }])
            .WriteSafetensors(_folder["b.safetensors"], "F32");

        Assert.Equal(Picture(s_golden.Value with { TextEncoder = same }), Picture(s_golden.Value with { TextEncoder = file }));
    }

    [Theory]
    [InlineData("weight_scale", 5, 7)]
    [InlineData("weight_scale", 97, 1)]
    [InlineData("weight_scale_of_another_kind", 1, 1)]
    [InlineData("weight_scale_2", 1, 1)]
    public void FactorsThatAreNotUnderstoodAreAFault(string name, int across, int down)
    {
        TinyTensors scaled = TinyTensors.Transformer.Each(tensor => tensor.Name == "layers.0.feed_forward.w2.weight"
            ? [tensor with { Type = "F8_E4M3" }, new TinyTensor("layers.0.feed_forward.w2." + name, [across, down], [.. Enumerable.Repeat(1f, across * down)])]
            : (IEnumerable<TinyTensor>)[tensor]);
        string file = scaled.WriteSafetensors(_folder["t.safetensors"], "F32");

        Assert.Contains(name, Assert.Throws<TensorTypeUnsupportedException>(() => Picture(s_golden.Value with { Diffusion = file })).Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(ModelFileInfo.Inspect(file)).IsUsable);
    }

    [Fact]
    public void FactorsOfTheVocabularyAreCheckedToo()
    {
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        string file = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Each(tensor => tensor.Name == "embed_tokens.weight"
            ? [tensor with { Type = "F8_E4M3" }, new TinyTensor("embed_tokens.weight_scale", [3], [1, 1, 1])]
            : (IEnumerable<TinyTensor>)[tensor]).WriteSafetensors(_folder["e.safetensors"], "F32");

        Assert.Throws<TensorTypeUnsupportedException>(() => Picture(s_golden.Value with { TextEncoder = file }));
    }

    [Theory]
    [InlineData("layers.0.attention.q_norm.weight", 0, 1)]
    [InlineData("layers.0.feed_forward.w1.weight", 96, 0)]
    [InlineData("layers.1.ffn_norm1.weight", 0, 1)]
    public void ATensorWithoutElementsIsAFault(string name, int across, int down)
    {
        string file = TinyTensors.Transformer.Each(tensor => tensor.Name == name ? new TinyTensor(name, down == 1 ? [across] : [across, down], []) : tensor).WriteSafetensors(_folder["t.safetensors"], "F32");

        Assert.Contains(name, Assert.Throws<ModelFileCorruptException>(() => Picture(s_golden.Value with { Diffusion = file })).Message, StringComparison.Ordinal);
        Assert.Contains("no elements", Assert.Single(ModelFileInfo.Inspect(file)).Problem!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GgmlType.Q8_1)]
    [InlineData(GgmlType.Q8_K)]
    [InlineData(GgmlType.I32)]
    public void ATypeThatNoWeightHasIsAFault(GgmlType type)
    {
        TinyTensor w2 = TinyTensors.Transformer["layers.0.feed_forward.w2.weight"];
        var writer = new GgufWriter();
        foreach (string name in TinyTensors.Transformer.Names)
        {
            TinyTensor tensor = TinyTensors.Transformer[name];
            if (name == w2.Name)
                writer.AddTensor(name, (int)type, w2.Shape, new byte[type.RowBytes(w2.Values.Length)]);
            else
                writer.AddTensor(name, TensorEncoding.TypeF32, tensor.Shape, TensorEncoding.Encode(TensorEncoding.TypeF32, tensor.Values));
        }
        writer.Write(_folder["t.gguf"]);

        Assert.Throws<TensorTypeUnsupportedException>(() => Picture(s_golden.Value with { Diffusion = _folder["t.gguf"] }));
    }

    [Fact]
    public void ATokenizerOfAnotherModelIsAFault()
    {
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        TinyTensor table = TinyTensors.TextEncoder["token_embd.weight"];
        TinyTensors fewer = TinyTensors.TextEncoder.Each(tensor => tensor.Name == table.Name ? tensor with { Shape = [64, 8], Values = tensor.Values[..512] } : tensor);

        Assert.Throws<ComponentsDoNotMatchException>(() => Picture(s_golden.Value with { TextEncoder = Dialects.HuggingFaceTextEncoder(fewer).WriteSafetensors(_folder["e.safetensors"], "F32") }));
    }

    [Fact]
    public void AnImportThatFailsLeavesNothingOpen()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux tells what is mapped.");
        string file = TinyTensors.Transformer.WriteGguf(_folder["t.gguf"], "F32", more: ("zimage.default.steps", "abc"));

        Assert.Throws<ModelFileCorruptException>(() => Picture(s_golden.Value with { Diffusion = file }));

        Assert.DoesNotContain(file, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TensorsMayStartAnywhere(int padding)
    {
        string transformer = Dialects.DiffusersTransformer(TinyTensors.Transformer).WriteSafetensors(_folder["t.safetensors"], "F32", padding);
        string autoencoder = TinyTensors.Autoencoder.WriteSafetensors(_folder["v.safetensors"], "F32", padding);

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Diffusion = transformer, Vae = autoencoder }));
    }

    [Theory]
    [InlineData("index")]
    [InlineData("first")]
    [InlineData("last")]
    public void AModelInShards(string namedBy)
    {
        string index = Dialects.DiffusersTransformer(TinyTensors.Transformer).Safetensors("F32").WriteShards(_folder.Path, "diffusion_pytorch_model", 3);
        string file = namedBy switch
        {
            "index" => index,
            "first" => _folder["diffusion_pytorch_model-00001-of-00003.safetensors"],
            _ => _folder["diffusion_pytorch_model-00003-of-00003.safetensors"],
        };
        if (namedBy != "index")
            File.Delete(index);

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Diffusion = file }));
    }

    [Theory]
    [InlineData("model.", null)]
    [InlineData("model.", "lm_head.weight")]
    [InlineData("", null)]
    [InlineData("text_encoders.qwen3_4b.transformer.model.", "text_encoders.qwen3_4b.transformer.lm_head.weight")]
    [InlineData("text_encoder.model.", null)]
    public void ATextEncoderOfHuggingFaceWithItsTokenizer(string prefix, string? head)
    {
        TinyTensors tensors = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Rename(name => prefix + name);
        if (head is not null)
            tensors = tensors.With(new TinyTensor(head, [64, 320], new float[64 * 320]));
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);

        string safetensors = tensors.WriteSafetensors(_folder["model.safetensors"], "F32");
        string gguf = tensors.WriteGguf(_folder["model.gguf"], "F32");

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { TextEncoder = safetensors }));
        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { TextEncoder = gguf }));
    }

    [Fact]
    public void ATokenizerMayBeNamed()
    {
        string encoder = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["a/model.safetensors"], "F32");
        TinyTensors.WriteTokenizer(_folder["b/mine.json"]);
        ModelFiles files = s_golden.Value with { TextEncoder = encoder };

        Assert.Equal(s_goldenPicture.Value, Picture(files with { Tokenizer = _folder["b/mine.json"] }));
        Assert.Throws<InvalidTokenizerException>(() => Picture(files));
        Assert.Throws<ModelFileNotFoundException>(() => Picture(files with { Tokenizer = _folder["b/none.json"] }));
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void ATextEncoderOfEveryType(string type)
    {
        string expected = Picture(s_golden.Value with { TextEncoder = TinyTensors.TextEncoder.WriteGguf(_folder["t.gguf"], type, metadataOf: "qwen3-tiny.gguf") });
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        string safetensors = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Rename(name => "model." + name).WriteSafetensors(_folder["t.safetensors"], type);

        Assert.Equal(expected, Picture(s_golden.Value with { TextEncoder = safetensors }));
    }

    [Fact]
    public void AScaledEightBitTextEncoder()
    {
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        TinyTensors halved = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Each(tensor => tensor with { Values = Float8Values(StoredType.Float8E4M3, tensor.Values, 0.5f), Type = "F16" });
        TinyTensors scaled = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Each(tensor => IsMatrix(tensor)
            ? [tensor with { Type = "F8_E4M3", Values = [.. tensor.Values.Select(value => value * 2)] }, new TinyTensor(ScaleName(tensor, "weight_scale"), [1], [0.5f], "F32")]
            : (IEnumerable<TinyTensor>)[tensor with { Type = "F16", Values = Float8Values(StoredType.Float8E4M3, tensor.Values, 0.5f) }]);

        Assert.Equal(
            Picture(s_golden.Value with { TextEncoder = halved.WriteSafetensors(_folder["a.safetensors"], "F32") }),
            Picture(s_golden.Value with { TextEncoder = scaled.WriteSafetensors(_folder["b.safetensors"], "F32") }));
    }

    [Theory]
    [InlineData("CompVis", "")]
    [InlineData("CompVis", "first_stage_model.")]
    [InlineData("CompVis", "vae.")]
    [InlineData("diffusers", "")]
    [InlineData("diffusers", "vae.")]
    [InlineData("old diffusers", "")]
    public void AnAutoencoderOfEveryDialect(string dialect, string prefix)
    {
        TinyTensors tensors = Autoencoder(dialect).Rename(name => prefix + name);

        string safetensors = tensors.WriteSafetensors(_folder["v.safetensors"], "F32");
        string gguf = tensors.WriteGguf(_folder["v.gguf"], "F32");

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Vae = safetensors }));
        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Vae = gguf }));
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void AnAutoencoderOfEveryType(string type)
    {
        string expected = Picture(s_golden.Value with { Vae = TinyTensors.Autoencoder.WriteGguf(_folder["v.gguf"], type) });
        string safetensors = Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder).WriteSafetensors(_folder["v.safetensors"], type);

        Assert.Equal(expected, Picture(s_golden.Value with { Vae = safetensors }));
    }

    [Theory]
    [InlineData("CompVis")]
    [InlineData("diffusers")]
    public void ADecoderAloneDraws(string dialect)
    {
        string decoder = Autoencoder(dialect).Where(tensor => !tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)).WriteSafetensors(_folder["v.safetensors"], "F32");

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Vae = decoder }));
        Assert.False(Assert.Single(ModelFileInfo.Inspect(decoder)).HasEncoder);
    }

    [Fact]
    public void AQuantisedMatrixInTheAutoencoderIsWidened()
    {
        TinyTensors diffusers = Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder);
        var writer = new GgufWriter();
        diffusers.Each(tensor =>
        {
            bool quantised = tensor.Shape is [64, 64];
            writer.AddTensor(tensor.Name, quantised ? TensorEncoding.TypeQ8_0 : TensorEncoding.TypeF32, tensor.Shape,
                TensorEncoding.Encode(quantised ? TensorEncoding.TypeQ8_0 : TensorEncoding.TypeF32, tensor.Values));
            return tensor;
        });
        string mixed = _folder["ae_q8_0.gguf"];
        writer.Write(mixed);
        TinyTensors rounded = diffusers.Each(tensor => tensor.Shape is [64, 64]
            ? tensor with { Values = TensorEncoding.Decode(TensorEncoding.TypeQ8_0, TensorEncoding.Encode(TensorEncoding.TypeQ8_0, tensor.Values)) } : tensor);

        Assert.Equal(
            Picture(s_golden.Value with { Vae = rounded.WriteSafetensors(_folder["v.safetensors"], "F32") }),
            Picture(s_golden.Value with { Vae = mixed }));
        Assert.Equal(["F32", "Q8_0"], Assert.Single(ModelFileInfo.Inspect(mixed)).Types.Keys);
    }

    [Fact]
    public void OneFileMayHoldTheWholeModel()
    {
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        var all = new TinyTensors([]);
        TinyTensors.Transformer.Rename(name => "model.diffusion_model." + name).Each(tensor => (all = all.With(tensor), tensor).tensor);
        Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Rename(name => "text_encoders.qwen3_4b.transformer.model." + name).Each(tensor => (all = all.With(tensor), tensor).tensor);
        TinyTensors.Autoencoder.Rename(name => "vae." + name).Each(tensor => (all = all.With(tensor), tensor).tensor);
        string file = all.WriteSafetensors(_folder["all.safetensors"], "F32");

        ModelFolder found = ModelFolder.Find(_folder.Path);

        Assert.Equal((file, file, file), (found.Transformer, found.TextEncoder, found.Autoencoder));
        Assert.Equal(s_goldenPicture.Value, Picture(new ModelFiles(file, file, file)));
        Assert.Equal(3, ModelFileInfo.Inspect(file).Count);
    }

    [Fact]
    public void ARepositoryOfDiffusersIsAModelFolder()
    {
        Directory.CreateDirectory(_folder["transformer"]);
        string index = Dialects.DiffusersTransformer(TinyTensors.Transformer).Safetensors("F32").WriteShards(_folder["transformer"], "diffusion_pytorch_model", 2);
        string textEncoder = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).Rename(name => "model." + name).WriteSafetensors(_folder["text_encoder/model.safetensors"], "F32");
        TinyTensors.WriteTokenizer(_folder["tokenizer/tokenizer.json"]);
        string vae = Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder).WriteSafetensors(_folder["vae/diffusion_pytorch_model.safetensors"], "F32");

        ModelFolder found = ModelFolder.Find(_folder.Path);

        Assert.Equal(Path.GetDirectoryName(index), Path.GetDirectoryName(found.Transformer));
        Assert.Equal((textEncoder, vae), (found.TextEncoder, found.Autoencoder));
        Assert.Equal(s_goldenPicture.Value, Picture(new ModelFiles(found.Transformer, found.TextEncoder, found.Autoencoder)));
    }

    [Fact]
    public void AReshapedTensorHasTheShapeItsFileRemembers()
    {
        TinyTensor pad = TinyTensors.Transformer["x_pad_token"];
        string file = TinyTensors.Transformer.Each(tensor => tensor.Name == pad.Name ? tensor with { Shape = [32, 3] } : tensor)
            .WriteGguf(_folder["t.gguf"], "F32", more: ("comfy.gguf.orig_shape.x_pad_token", new[] { 1, 96 }));

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { Diffusion = file }));
    }

    [Theory]
    [InlineData("gguf")]
    [InlineData("safetensors")]
    [InlineData("part of a larger model")]
    public void TheRotaryBaseComesFromTheFileAndIsWarnedOf(string format)
    {
        string file;
        if (format == "gguf")
        {
            file = TinyTensors.TextEncoder.WriteGguf(_folder["t.gguf"], "F32", "qwen3-tiny.gguf", ("qwen3.rope.freq_base", 5e6f));
        }
        else
        {
            file = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["t.safetensors"], "F32");
            TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
            File.WriteAllText(_folder["config.json"], format == "safetensors"
                ? """{ "model_type": "qwen3", "rope_theta": 5000000, "rms_norm_eps": 1e-06 }"""
                : """{ "model_type": "qwen3_vl", "text_config": { "rope_parameters": { "rope_theta": 5000000 } } }""");
        }
        var messages = new List<string>();

        string picture = Picture(s_golden.Value with { TextEncoder = file }, messages);

        Assert.NotEqual(s_goldenPicture.Value, picture);
        Assert.Contains("5000000", Assert.Single(messages), StringComparison.Ordinal);
        Assert.Equal(5e6f, Assert.Single(ModelFileInfo.Inspect(file)).RopeTheta);
        Assert.Equal(1e6f, Assert.Single(ModelFileInfo.Inspect(s_golden.Value.TextEncoder)).RopeTheta);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("not JSON")]
    [InlineData("{ \"model_type\": 5 }")]
    [InlineData("{ \"model_type\": \"lumina2\", \"rope_theta\": 3 }")]
    public void SettingsOfSomethingElseSayNothing(string text)
    {
        string file = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["t.safetensors"], "F32");
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        File.WriteAllText(_folder["config.json"], text);

        Assert.Equal(s_goldenPicture.Value, Picture(s_golden.Value with { TextEncoder = file }));
    }

    [Theory]
    [InlineData("\"rope_theta\": 0")]
    [InlineData("\"rope_theta\": -5")]
    [InlineData("\"rms_norm_eps\": -1")]
    public void SettingsThatCannotBeAreAFault(string setting)
    {
        string file = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["t.safetensors"], "F32");
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        File.WriteAllText(_folder["config.json"], $$"""{ "model_type": "qwen3", {{setting}} }""");

        Assert.Throws<ModelFileCorruptException>(() => Picture(s_golden.Value with { TextEncoder = file }));
    }

    private static TinyTensors Transformer(string dialect) => dialect switch
    {
        "fused" => TinyTensors.Transformer,
        "split" => Dialects.SplitTransformer(TinyTensors.Transformer),
        _ => Dialects.DiffusersTransformer(TinyTensors.Transformer),
    };

    private static TinyTensors Autoencoder(string dialect) => dialect switch
    {
        "CompVis" => TinyTensors.Autoencoder,
        _ => Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder, old: dialect.StartsWith("old", StringComparison.Ordinal)),
    };

    private static bool IsMatrix(TinyTensor tensor) => tensor.Shape.Length == 2 && tensor.Shape[1] > 1;

    private static string ScaleName(TinyTensor tensor, string name) => tensor.Name.Replace(".weight", "." + name, StringComparison.Ordinal);

    private static float[] Float8Values(StoredType type, float[] values, float factor = 1)
    {
        var rounded = new float[values.Length];
        Float8.Decode(type, Float8.Encode(type, [.. values.Select(value => value / factor)]), rounded);
        return [.. rounded.Select(value => value * factor)];
    }

    // Each row, or the whole, brought to the range of the codes, with the factor beside it.
    private static IEnumerable<TinyTensor> Scaled(TinyTensor tensor, string name, bool byRow)
    {
        int rows = byRow ? (int)tensor.Shape[1] : 1, length = tensor.Values.Length / rows;
        float[] factors = [.. tensor.Values.Chunk(length).Select(row => row.Max(MathF.Abs) / 448)];
        float[] values = [.. tensor.Values.Select((value, i) => value / factors[i / length])];
        return [tensor with { Values = values }, new TinyTensor(ScaleName(tensor, name), byRow ? [1, rows] : [1], factors, "F32")];
    }

    private static TinyTensor Unscaled(TinyTensor tensor, TinyTensor factors)
    {
        int length = tensor.Values.Length / factors.Values.Length;
        return tensor with { Values = [.. Float8Values(StoredType.Float8E4M3, tensor.Values).Select((value, i) => value * factors.Values[i / length])] };
    }

    [Fact]
    public void OnTheProcessorWeightsAreUsedWhereTheyLie()
    {
        ModelFiles files = s_golden.Value with
        {
            Diffusion = Dialects.DiffusersTransformer(TinyTensors.Transformer).WriteSafetensors(_folder["t.safetensors"], "F32"),
            Vae = Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder).WriteSafetensors(_folder["v.safetensors"], "F32"),
        };
        using ModelSession session = ModelSession.Open(files, Devices.Cpu, new SessionOptions { Threads = 1 }, null, TestContext.Current.CancellationToken);

        Assert.Equal(0, session.DeviceBytes);
    }

    [Theory]
    [InlineData(BackendKind.Cuda)]
    [InlineData(BackendKind.Vulkan)]
    public void OnAGpuNamesDoNotMatterEither(BackendKind kind)
    {
        Device gpu = Devices.List(kind)[0];
        Assert.SkipUnless(gpu.IsAvailable, $"There is no {kind} device: {gpu.Description}");
        string fused = TinyTensors.Transformer.WriteGguf(_folder["t.gguf"], "BF16");
        string split = Dialects.DiffusersTransformer(TinyTensors.Transformer).WriteSafetensors(_folder["t.safetensors"], "BF16");

        string expected = Picture(s_golden.Value with { Diffusion = fused }, device: gpu);

        Assert.Equal(expected, Picture(s_golden.Value with { Diffusion = split }, device: gpu));
    }

    private static string Picture(ModelFiles files, List<string>? warnings = null, Device? device = null)
    {
        var observer = new Listener(warnings);
        using ModelSession session = ModelSession.Open(files, device ?? Devices.Cpu, new SessionOptions { Threads = 1 }, observer, TestContext.Current.CancellationToken);
        var request = new ImageRequest
        {
            Prompt = "a red fox", Width = 64, Height = 48, Steps = 2, Sampler = "euler", Scheduler = "flow_match", Shift = 3, Seed = 7,
        };
        return session.Generate(request, observer, TestContext.Current.CancellationToken).PixelHash;
    }

    private sealed class Listener(List<string>? warnings) : IGenerationObserver
    {
        public void OnProgress(GenerationProgress progress)
        {
        }

        public void OnMessage(MessageLevel level, string text)
        {
            if (level == MessageLevel.Warning)
                warnings?.Add(text);
        }
    }
}
