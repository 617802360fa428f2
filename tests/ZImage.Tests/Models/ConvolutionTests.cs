using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Models;

public sealed class ConvolutionTests
{
    // Odd sizes, so that strips end everywhere; one row of output is 12 patches of 3 * 3 * 32 floats.
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 5)]
    [InlineData(2, 0, 3)]
    public void Strips_give_the_same_numbers_as_the_whole_image(int stride, int padding, int rowsAtATime)
    {
        using ComponentFile file = ComponentFile.Open(Path.Combine(GoldenFile.Folder, "vae-tiny.gguf"), ComponentKind.Autoencoder);
        float[] Run(long maxPatchBytes) => ComputeDevice.Get("CPU").Run(memory =>
        {
            using var weights = new ModelWeights(file, memory.Backend);
            var convolution = new Convolution(weights, weights.AddBlock("test"), "decoder.up.0.block.0.conv1", 3, 32, 32) { MaxPatchBytes = maxPatchBytes };
            using WeightResidency placed = WeightResidency.Place(weights, memory, default);
            using var state = new StateBuffer(memory);
            Tensor x = state.Add("x", GgmlType.F32, 13, 17, 32);
            int width = (13 + 2 * padding - 3) / stride + 1, height = (17 + 2 * padding - 3) / stride + 1;
            Tensor y = state.Add("y", GgmlType.F32, width, height, 32);
            state.Allocate("test");
            using var graph = new BlockGraph(new Block("test"), "test", c => [c.Copy(convolution.Build(c, x, stride, padding), y)]);
            using var compute = new ComputeBuffer(memory, [graph.Graph], "test");
            var random = new Random(1);
            x.Set<float>([.. Enumerable.Range(0, 13 * 17 * 32).Select(_ => random.NextSingle() - 0.5f)]);
            memory.Backend.Compute(graph.Graph);
            return y.ToFloats();
        });

        float[] whole = Run(long.MaxValue);
        int outputWidth = (13 + 2 * padding - 3) / stride + 1;
        float[] strips = Run(rowsAtATime * outputWidth * 9L * 32 * sizeof(float));
        GoldenAssert.MaxAbs("convolution in strips", $"stride {stride}, {rowsAtATime} rows", whole, strips, 1e-5);
        Assert.Contains(whole, v => MathF.Abs(v) > 0.1f);
    }
}
