using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Models;

public sealed class ConvolutionTests
{
    private const int Width = 13, Height = 18, Channels = 32;

    // Odd widths, and strips that end everywhere.
    [Theory]
    [InlineData("keeps", 1)]
    [InlineData("keeps", 5)]
    [InlineData("halves", 1)]
    [InlineData("halves", 4)]
    [InlineData("doubles", 1)]
    [InlineData("doubles", 7)]
    public void Strips_are_rows_of_the_whole_image(string kind, int rowsAtATime)
    {
        KernelReach reach = kind switch
        {
            "halves" => new KernelReach(3, Stride: 2, Before: 0, After: 1),
            "doubles" => KernelReach.Around(3, enlargement: 2),
            _ => KernelReach.Around(3),
        };
        var random = new Random(1);
        float[] image = [.. Enumerable.Range(0, Width * Height * Channels).Select(_ => random.NextSingle() - 0.5f)];
        using ComponentFile file = ComponentFile.Open(Path.Combine(GoldenFile.Folder, "vae-tiny.gguf"), ComponentKind.Autoencoder);
        (float[] Whole, float[] Strips, float[] Expected) results = ComputeDevice.Get("CPU").Run(memory =>
        {
            using var weights = new ModelWeights(file, memory.Backend);
            const string Name = "decoder.up.0.block.0.conv1";
            var convolution = new Convolution(weights, weights.AddBlock("test"), Name, reach, Channels, Channels);
            using WeightResidency placed = WeightResidency.Place(weights, memory, default);
            (int width, int height) = (reach.Results(Width), reach.Results(Height));
            float[] Run(int rows)
            {
                using var state = new StateBuffer(memory);
                Tensor x = state.Add("x", GgmlType.F32, Width, Height, Channels), y = state.Add("y", GgmlType.F32, width, height, Channels);
                state.Allocate("test");
                using var graph = new BlockGraph(new Block("test"), "test", c =>
                {
                    var strips = new List<Tensor>();
                    for (int first = 0; first < height; first += rows)
                    {
                        RowWindow window = reach.Rows(first, Math.Min(rows, height - first), Height);
                        strips.Add(convolution.Build(c, c.Cont(c.Rows(x, window.First, window.Count)), window));
                    }
                    return [c.Copy(c.Concat(strips, 1), y)];
                });
                using var compute = new ComputeBuffer(memory, [graph.Graph], "test");
                x.Set<float>(image);
                memory.Backend.Compute(graph.Graph);
                return y.ToFloats();
            }

            var kernel = new float[9 * Channels * Channels];
            file.Require(Name + ".weight", 3, 3, Channels, Channels).Decode(0, kernel, []);
            var bias = new float[Channels];
            file.Require(Name + ".bias", Channels).Decode(0, bias, []);
            return (Run(height), Run(rowsAtATime), Reference(reach, image, kernel, bias));
        });
        GoldenAssert.MaxAbs("convolution", kind, results.Expected, results.Whole, 1e-4);
        GoldenAssert.MaxAbs("convolution in strips", $"{kind}, {rowsAtATime} rows", results.Whole, results.Strips, 1e-5);
        Assert.Contains(results.Whole, v => MathF.Abs(v) > 0.1f);
    }

    // The definition, in double.
    private static float[] Reference(KernelReach reach, float[] image, float[] kernel, float[] bias)
    {
        (int width, int height) = (reach.Results(Width), reach.Results(Height));
        var result = new float[width * height * Channels];
        for (int i = 0; i < result.Length; i++)
        {
            (int x, int y, int o) = (i % width, i / width % height, i / width / height);
            double sum = bias[o];
            for (int k = 0; k < 9 * Channels; k++)
            {
                int column = x * reach.Stride - reach.Before + k % 3, row = y * reach.Stride - reach.Before + k / 3 % 3;
                if (column >= 0 && row >= 0 && column < Width * reach.Enlargement && row < Height * reach.Enlargement)
                    sum += (double)kernel[o * 9 * Channels + k] * image[(k / 9 * Height + row / reach.Enlargement) * Width + column / reach.Enlargement];
            }
            result[i] = (float)sum;
        }
        return result;
    }
}
