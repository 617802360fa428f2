using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;
using ZImage.Tests.Checkpoints;
using ZImage.Tests.Models;

namespace ZImage.Tests.Memory;

/// <summary>Weights whose rows lie on the device in another order than in the file.</summary>
public sealed class WeightPlaceTests : IDisposable
{
    private const int Pair = 32;
    private const string W1 = "layers.0.feed_forward.w1.weight", W3 = "layers.0.feed_forward.w3.weight", QNorm = "layers.0.attention.q_norm.weight";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 8-bit floats are widened.
    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("Q8_0")]
    [InlineData("F8_E4M3")]
    public void Every_row_is_in_its_place(string type) => With(TinyTensors.Transformer, type, weights =>
    {
        (long columns, long rows) = (weights.File.Tensors[W1].Ne(0), weights.File.Tensors[W1].Ne(1));
        static long Place(long row) => row / Pair * Pair + (row * 5 + 3) % Pair;
        Block block = weights.AddBlock("test");
        Tensor stacked = weights.Stack(block, columns, Place, (W1, rows), (W3, rows)), straight = weights.Stack(block, columns, null, (W1, rows), (W3, rows));
        Tensor w1 = weights.Require(block, W1, WeightUse.Matrix, columns, rows), w3 = weights.Require(block, W3, WeightUse.Matrix, columns, rows);
        long size = weights.File.Tensors[QNorm].Ne(0);
        Tensor norm = weights.Require(block, QNorm, WeightUse.Vector, size), moved = weights.Require(block, QNorm, WeightUse.Vector, row => size - 1 - row, size);
        using WeightResidency placed = WeightResidency.Place(weights, new DeviceMemory(weights.Backend), TestContext.Current.CancellationToken);

        byte[] expected = [.. Bytes(w1), .. Bytes(w3)];
        Assert.Equal(expected, Bytes(straight));
        int row = expected.Length / (int)(2 * rows);
        byte[] actual = Bytes(stacked);
        for (int i = 0; i < 2 * rows; i++)
            Assert.Equal<byte>(expected.AsSpan(i * row, row), actual.AsSpan((int)Place(i) * row, row));
        Assert.Equal(norm.ToFloats().Reverse(), moved.ToFloats());
    });

    [Fact]
    public void Matrices_of_several_types_are_not_one() => With(TinyTensors.Transformer.Each(tensor => tensor.Name == W3 ? tensor with { Type = "F16" } : tensor), "F32", weights =>
    {
        (long columns, long rows) = (weights.File.Tensors[W1].Ne(0), weights.File.Tensors[W1].Ne(1));
        Assert.True(weights.Stack(weights.AddBlock("test"), columns, null, (W1, rows), (W3, rows)).IsNone);
    });

    // Three projections that become one, ones that cannot because their types differ, and a feed-forward part of two types.
    [Theory]
    [InlineData("one type")]
    [InlineData("several types")]
    public void A_device_that_copies_weights_predicts_as_one_that_uses_them_in_place(string kind)
    {
        TinyTensors apart = Dialects.DiffusersTransformer(TinyTensors.Transformer);
        if (kind == "several types")
            apart = apart.Each(tensor => tensor.Name.Contains("to_k", StringComparison.Ordinal) || tensor.Name.Contains("w3", StringComparison.Ordinal) ? tensor with { Type = "F16" } : tensor);
        string file = apart.WriteSafetensors(_folder["t.safetensors"], "F32");

        float[] expected = Predict("CPU"), actual = Predict("Vulkan0");

        GoldenAssert.RelativeL2("rows in another order", kind, expected, actual, 1e-3);

        float[] Predict(string device) => ComputeDevice.Get(device).Run(memory => TransformerPrediction.Of(file, memory, size: 6));
    }

    private static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.Bytes];
        tensor.Get<byte>(bytes);
        return bytes;
    }

    private void With(TinyTensors tensors, string type, Action<ModelWeights> test) => ComputeDevice.Get("CPU").Thread.Run(() =>
    {
        string path = type == "Q8_0" ? tensors.WriteGguf(_folder["t.gguf"], type) : tensors.WriteSafetensors(_folder["t.safetensors"], type);
        using ComponentFile file = ComponentFile.Open(path, ComponentKind.Transformer);
        using var weights = new ModelWeights(file, ComputeDevice.Get("CPU").Backend);
        test(weights);
        return true;
    });
}
