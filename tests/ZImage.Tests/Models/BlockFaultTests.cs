using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling.Noise;
using ZImage.Ggml;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Models;

/// <summary>Numbers that are not finite, planted in one block: the fault names it.</summary>
public sealed class BlockFaultTests : IDisposable
{
    private const int Size = 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("CPU", "x_embedder.bias", float.NaN, "embedders", "step 3 of 8")]
    [InlineData("CPU", "t_embedder.mlp.2.weight", float.PositiveInfinity, "embedders", "step 3 of 8")]
    [InlineData("CPU", "cap_embedder.1.bias", float.NaN, "cap_embedder", "before step 1")]
    [InlineData("CPU", "context_refiner.0.feed_forward.w2.weight", float.NaN, "context_refiner.0", "before step 1")]
    [InlineData("CPU", "noise_refiner.0.attention.qkv.weight", float.NaN, "noise_refiner.0", "step 3 of 8")]
    [InlineData("CPU", "layers.0.attention.q_norm.weight", float.NaN, "layers.0", "step 3 of 8")]
    [InlineData("CPU", "layers.1.feed_forward.w1.weight", float.NegativeInfinity, "layers.1", "step 3 of 8")]
    [InlineData("CUDA0", "layers.1.feed_forward.w2.weight", float.NaN, "layers.1", "step 3 of 8")]
    [InlineData("Vulkan0", "layers.1.feed_forward.w2.weight", float.NaN, "layers.1", "step 3 of 8")]
    [InlineData("CPU", "final_layer.linear.weight", float.NaN, "final_layer", "step 3 of 8")]
    public void Transformer_names_step_and_block(string device, string tensor, float value, string block, string moment)
    {
        string path = Plant("dit-tiny.gguf", tensor, values => values[values.Length / 2] = value);
        NotFiniteException fault = Assert.Throws<NotFiniteException>(() => Predict(device, path));
        Check(fault, path, block, moment, device, tensor);
        Assert.Equal("F32", fault.Result.Types);
    }

    // Only the negative prompt, of 10 tokens, is padded to 32.
    [Fact]
    public void Guidance_names_the_prompt()
    {
        string path = Plant("dit-tiny.gguf", "cap_pad_token", values => values[0] = float.NaN);
        NotFiniteException fault = Assert.Throws<NotFiniteException>(() => Predict("CPU", path, captionTokens: 32, negativeTokens: 10));
        Check(fault, path, "cap_embedder", "before step 1, negative prompt", "CPU", "cap_pad_token");
    }

    [Fact]
    public void An_overflow_is_not_blamed_on_the_file()
    {
        string path = Plant("dit-tiny.gguf", "layers.0.attention_norm2.weight", values => values.Fill(3e38f));
        NotFiniteException fault = Assert.Throws<NotFiniteException>(() => Predict("CPU", path));
        Check(fault, path, "layers.0", "step 3 of 8", "CPU", null);
        Assert.Contains("another device", fault.RecommendedAction, StringComparison.Ordinal);
    }

    // NaN becomes 0 when it is rounded to Q8_0, and the output the bias alone.
    [Fact]
    public void A_quantised_last_product_does_not_hide_it()
    {
        string damaged = Plant("dit-tiny.gguf", "layers.0.attention_norm1.weight", values => values[0] = float.NaN);
        string path = _folder["q8.gguf"];
        PlantedModels.Rewrite(damaged, path, (name, stored) => name == "final_layer.linear.weight" ? GgmlType.Q8_0 : stored);
        Check(Assert.Throws<NotFiniteException>(() => Predict("CPU", path)), path, "layers.0", "step 3 of 8", "CPU", "layers.0.attention_norm1.weight");
    }

    [Fact]
    public void A_constant_prediction_is_a_fault()
    {
        string path = Plant("dit-tiny.gguf", "final_layer.linear.weight", values => values.Clear());
        ConstantPredictionException fault = Assert.Throws<ConstantPredictionException>(() => Predict("CPU", path));
        Assert.Equal(("ConstantPrediction", "final_layer", "step 3 of 8", 0), (fault.ErrorId, fault.Result.Block, fault.Result.Moment, fault.Result.Bad));
    }

    [Theory]
    [InlineData("token_embd.weight", 9, "token_embd")]
    [InlineData("blk.0.attn_v.weight", 3, "blk.0")]
    [InlineData("blk.2.ffn_down.weight", 3, "blk.2")]
    public void Text_encoder_names_the_block(string tensor, int row, string block)
    {
        string path = Plant("qwen3-tiny.gguf", tensor, values => values[row * 64 + 1] = float.NaN);
        NotFiniteException fault = Assert.Throws<NotFiniteException>(() => ComputeDevice.Get("CPU").Run(memory =>
        {
            using ComponentFile file = ComponentFile.Open(path, ComponentKind.TextEncoder);
            using var model = new Qwen3TextEncoder(file, memory.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            return model.Encode([8, 9, 10], memory, null, default);
        }));
        Check(fault, path, block, "the text", "CPU", tensor);
    }

    [Theory]
    [InlineData("decoder.conv_in.weight", "decoder.conv_in", "decoding the image")]
    [InlineData("decoder.up.2.block.0.conv1.weight", "decoder.up.2", "decoding the image")]
    [InlineData("decoder.conv_out.bias", "decoder.out", "decoding the image")]
    [InlineData("encoder.down.1.downsample.conv.weight", "encoder.down.1", "encoding the image")]
    public void Autoencoder_names_the_stage(string tensor, string stage, string moment)
    {
        string path = Plant("vae-tiny.gguf", tensor, values => values[1] = float.NaN);
        NotFiniteException fault = Assert.Throws<NotFiniteException>(() => ComputeDevice.Get("CPU").Run(memory =>
        {
            using ComponentFile file = ComponentFile.Open(path, ComponentKind.Autoencoder);
            using var model = new Autoencoder(file, memory.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            if (stage.StartsWith("encoder", StringComparison.Ordinal))
                model.Encode(Noise(3 * 32 * 32), 32, 32, memory, default);
            return model.Decode(Noise(16 * 4 * 4), 4, 4, memory, null, default);
        }));
        Check(fault, path, stage, moment, "CPU", tensor);
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(6, float.PositiveInfinity)]
    [InlineData(36, float.NegativeInfinity)]
    public void Values_are_looked_at_to_the_last(int index, float value)
    {
        float[] values = [.. Enumerable.Repeat(float.MaxValue, 18), .. Enumerable.Repeat(-float.Epsilon, 19)];
        Assert.True(FiniteNumbers.All(values));
        values[index] = value;
        Assert.False(FiniteNumbers.All(values));
        Assert.Equal(1, FiniteNumbers.Count(values));
    }

    [Fact]
    public void Rows_are_equal_only_when_all_are()
    {
        Assert.True(FiniteNumbers.AreRowsEqual([1, 2, 1, 2, 1, 2], 2));
        Assert.False(FiniteNumbers.AreRowsEqual([1, 2, 1, 2, 1, 3], 2));
        Assert.True(FiniteNumbers.AreRowsEqual([1, 1], 2));
        Assert.False(FiniteNumbers.AreRowsEqual([1, 2], 2));
    }

    private static void Check(NotFiniteException fault, string path, string block, string moment, string device, string? damaged)
    {
        BlockResult result = fault.Result;
        Assert.Equal(("NotFinite", block, moment, device, damaged, path), (fault.ErrorId, result.Block, result.Moment, result.Device, result.DamagedWeight, result.Path));
        Assert.InRange(result.Bad, 1, result.Values);
        Assert.Equal(path, fault.Target);
        Assert.All((string[])[block, moment, device], part => Assert.Contains(part, fault.Message, StringComparison.Ordinal));
        if (damaged is not null)
            Assert.Contains("Get the file again", fault.RecommendedAction, StringComparison.Ordinal);
    }

    private string Plant(string model, string tensor, PlantedModels.Edit edit)
    {
        string path = _folder[model];
        PlantedModels.Change(Path.Combine(GoldenFile.Folder, model), path, tensor, edit);
        return path;
    }

    private static float[] Predict(string device, string path, int captionTokens = 10, int negativeTokens = 0) => ComputeDevice.Get(device).Run(memory =>
    {
        using ComponentFile file = ComponentFile.Open(path, ComponentKind.Transformer);
        using var model = new Transformer(file, memory.Backend);
        using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
        float[] Caption(int tokens) => Noise(tokens * (int)model.Config.CaptionDim);
        using var prediction = GuidedPrediction.Start(model, memory, Size, Size, Caption(captionTokens), negativeTokens > 0 ? Caption(negativeTokens) : null, 2, default);
        prediction.Announce("step 3 of 8");
        var velocity = new float[Size * Size * model.Config.Channels];
        prediction.Velocity(Noise(velocity.Length), 0.6f, velocity, default);
        return velocity;
    });

    private static float[] Noise(int count)
    {
        var values = new float[count];
        new PhiloxNoise(3).Fill(values);
        return values;
    }
}
