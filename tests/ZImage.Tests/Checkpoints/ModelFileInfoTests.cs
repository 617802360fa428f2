using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;

namespace ZImage.Tests.Checkpoints;

/// <summary>What a model file is told to be without being loaded.</summary>
public sealed class ModelFileInfoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ATransformer()
    {
        ModelFileInfo info = Inspect(Dialects.DiffusersTransformer(TinyTensors.Transformer).WriteSafetensors(_folder["t.safetensors"], "BF16"));

        Assert.Equal((ComponentKind.Transformer, "diffusers", "safetensors", 1), (info.Kind, info.Dialect, info.Format, info.Files));
        Assert.Equal(["BF16"], info.Types.Keys);
        Assert.Equal(info.Parameters * 2, info.WeightBytes);
        Assert.True(info.IsUsable);
        Assert.Empty(info.Missing);
        Assert.Equal((ModelVariant.Unknown, 8, 1f, 3f), (info.Variant, info.Recommended!.Steps, info.Recommended.CfgScale, info.Recommended.Shift));
    }

    [Fact]
    public void WhatIsMissingIsNamedByWhatTheModelCallsIt()
    {
        ModelFileInfo info = Inspect(Dialects.DiffusersTransformer(TinyTensors.Transformer)
            .Where(tensor => tensor.Name is not ("layers.1.attention.to_out.0.weight" or "all_final_layer.2-1.linear.bias"))
            .WriteSafetensors(_folder["t.safetensors"], "F32"));

        Assert.Equal(["layers.1.attention.out.weight", "final_layer.linear.bias"], info.Missing);
        Assert.False(info.IsUsable);
    }

    [Fact]
    public void ATextEncoderAndItsVocabulary()
    {
        string file = Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["e.safetensors"], "F32");

        ModelFileInfo without = Inspect(file);
        TinyTensors.WriteTokenizer(_folder["tokenizer.json"]);
        ModelFileInfo with = Inspect(file);

        Assert.Contains("tokenizer.json", without.Problem!, StringComparison.Ordinal);
        Assert.Null(without.Tokenizer);
        Assert.True(with.IsUsable);
        Assert.Equal(_folder["tokenizer.json"], with.Tokenizer);
        Assert.Equal(TinyTensors.GoldenFile("qwen3-tiny.gguf"), Inspect(TinyTensors.GoldenFile("qwen3-tiny.gguf")).Tokenizer);
    }

    [Theory]
    [InlineData("z_image_turbo-Q8_0.gguf", ModelVariant.Turbo, 8)]
    [InlineData("Z-Image-Turbo/model.gguf", ModelVariant.Turbo, 8)]
    [InlineData("z-image-base.gguf", ModelVariant.Base, 40)]
    [InlineData("z_image_base_bf16.gguf", ModelVariant.Base, 40)]
    [InlineData("z_image_bf16.safetensors", ModelVariant.Base, 40)]
    [InlineData("z-image-Q4_K_M.gguf", ModelVariant.Base, 40)]
    [InlineData("Z-Image-Turbo/z-image-Q4_K_M.gguf", ModelVariant.Turbo, 8)]
    [InlineData("z_image_fp8_e4m3fn_scaled.safetensors", ModelVariant.Base, 40)]
    [InlineData("z_image_de_turbo_v1.gguf", ModelVariant.Base, 40)]
    [InlineData("z-image-demo-q8_0.gguf", ModelVariant.Unknown, 8)]
    [InlineData("z_image_my_finetune.gguf", ModelVariant.Unknown, 8)]
    [InlineData("database.gguf", ModelVariant.Unknown, 8)]
    [InlineData("model.gguf", ModelVariant.Unknown, 8)]
    public void AVariantIsToldFromNames(string name, ModelVariant expected, int steps)
    {
        ModelFileInfo info = Inspect(TinyTensors.Transformer.WriteGguf(_folder[name], "F32"));

        Assert.Equal((expected, steps), (info.Variant, info.Recommended!.Steps));
        Assert.NotEmpty(info.VariantEvidence);
    }

    [Fact]
    public void MetadataSayMoreThanTheScheduleAndTheScheduleMoreThanTheName()
    {
        File.WriteAllText(_folder["scheduler/scheduler_config.json"], """{ "_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 6.0 }""");
        ModelFileInfo bySchedule = Inspect(TinyTensors.Transformer.WriteGguf(_folder["transformer/turbo.gguf"], "F32"));
        ModelFileInfo byMetadata = Inspect(TinyTensors.Transformer.WriteGguf(_folder["transformer/base.gguf"], "F32", null, ("general.name", "Z Image Turbo")));

        Assert.Equal(ModelVariant.Base, bySchedule.Variant);
        Assert.Contains("shift 6", bySchedule.VariantEvidence, StringComparison.Ordinal);
        Assert.Equal((40, 5f, 6f), (bySchedule.Recommended!.Steps, bySchedule.Recommended.CfgScale, bySchedule.Recommended.Shift));
        Assert.Equal(ModelVariant.Turbo, byMetadata.Variant);
        Assert.Contains("general.name", byMetadata.VariantEvidence, StringComparison.Ordinal);
    }

    [Fact]
    public void ALoraIsNoModel()
    {
        var lora = new TinyTensors(
        [
            new TinyTensor("layers.0.attention.to_q.lora_A.weight", [96, 4], new float[384]),
            new TinyTensor("layers.0.adaLN_modulation.0.lora_A.weight", [96, 4], new float[384]),
            new TinyTensor("cap_embedder.1.lora_A.weight", [64, 4], new float[256]),
        ]);

        ModelFileInfo info = Inspect(lora.WriteSafetensors(_folder["l.safetensors"], "F32"));

        Assert.Equal(ComponentKind.Unknown, info.Kind);
        Assert.Contains("LoRA", info.Evidence, StringComparison.Ordinal);
        Assert.False(info.IsUsable);
    }

    [Fact]
    public void PackedWeightsAreToldByTheirType()
    {
        SafetensorsWriter writer = TinyTensors.Transformer.Where(tensor => tensor.Name != "layers.0.attention.qkv.weight").Safetensors("F32");
        writer.AddTensor("layers.0.attention.qkv.weight", "U8", [48, 288], new byte[48 * 288]);
        writer.AddTensor("layers.0.attention.qkv.weight_scale", "F8_E4M3", [6, 288], new byte[6 * 288]);
        writer.AddTensor("layers.0.attention.qkv.weight_scale_2", "F32", [1], new byte[4]);
        writer.Write(_folder["t.safetensors"]);

        Assert.Contains("U8", Inspect(_folder["t.safetensors"]).Problem!, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOlderAutoencoderIsNotTakenForThisOne()
    {
        ModelFileInfo info = Inspect(TinyTensors.Autoencoder.With(new TinyTensor("post_quant_conv.weight", [1, 1, 16, 16], new float[256])).WriteSafetensors(_folder["v.safetensors"], "F32"));

        Assert.Equal(ComponentKind.Unknown, info.Kind);
        Assert.Contains("Flux autoencoder", info.Evidence, StringComparison.Ordinal);
        Assert.Contains("'post_quant_conv.weight'", info.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void NoWeightIsRead()
    {
        // A file whose data is a hole on the drive: reading it would take seconds and gigabytes.
        string file = TinyTensors.Transformer.WriteGguf(_folder["t.gguf"], "F32");
        using (FileStream stream = File.OpenWrite(file))
            stream.SetLength(16L << 30);

        Assert.True(Inspect(file).IsUsable);
    }

    private static ModelFileInfo Inspect(string path) => Assert.Single(ModelFileInfo.Inspect(path));
}
