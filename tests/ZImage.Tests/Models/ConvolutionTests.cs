using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Models;

public sealed class ConvolutionTests
{
    private const int Width = 13, Height = 18, Channels = 32;

    // Odd widths, and strips that end everywhere; interleaved ones begin where a tile does.
    [Theory]
    [InlineData("planar", "keeps", 1)]
    [InlineData("planar", "keeps", 5)]
    [InlineData("planar", "halves", 1)]
    [InlineData("planar", "halves", 4)]
    [InlineData("planar", "doubles", 1)]
    [InlineData("planar", "doubles", 7)]
    [InlineData("interleaved", "keeps", 2)]
    [InlineData("interleaved", "keeps", 4)]
    [InlineData("interleaved", "halves", 1)]
    [InlineData("interleaved", "halves", 4)]
    [InlineData("interleaved", "doubles", 2)]
    [InlineData("interleaved", "doubles", 10)]
    public void Strips_are_rows_of_the_whole_image(string images, string kind, int rowsAtATime)
    {
        ImageLayout layout = images == "planar" ? ImageLayout.Planar : ImageLayout.Interleaved;
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
            Convolution convolution = layout.Convolution(weights, weights.AddBlock("test"), Name, reach, Channels, Channels);
            using WeightResidency placed = WeightResidency.Place(weights, memory, default);
            ImageShape from = new(Width, Height, Channels), to = new(reach.Results(Width), reach.Results(Height), Channels);
            float[] Run(int rows)
            {
                using var state = new StateBuffer(memory);
                using var views = new Context(2);
                Tensor x = state.Add("x", GgmlType.F32, from.Elements), y = state.Add("y", GgmlType.F32, to.Elements);
                Tensor filter = convolution.Filter is { } made ? state.Add("filter", GgmlType.F32, made.Elements) : default;
                state.Allocate("test");
                Tensor source = layout.Whole(views, x, from), result = layout.Whole(views, y, to);
                int axis = layout == ImageLayout.Planar ? 1 : 2;
                using var graph = new BlockGraph(new Block("test"), "test", c =>
                {
                    var strips = new List<Tensor>();
                    Tensor kernel = convolution.Filter?.Build(c, filter) ?? convolution.Kernel;
                    for (int first = 0; first < to.Height; first += rows)
                    {
                        RowWindow window = reach.Rows(first, Math.Min(rows, to.Height - first), Height);
                        Tensor part = c.View(source, source.Ne(0), axis == 1 ? window.Count : source.Ne(1), axis == 2 ? window.Count : source.Ne(2), 1,
                            source.Nb(1), source.Nb(2), source.Nb(3), window.First * source.Nb(axis));
                        strips.Add(convolution.Build(c, c.Cont(part), window, kernel));
                    }
                    return [c.Copy(c.Concat(strips, axis), result)];
                }, nodes: 8192);
                using var compute = new ComputeBuffer(memory, [graph.Graph], "test");
                x.Set<float>(layout.FromPlanar(image, from));
                memory.Backend.Compute(graph.Graph);
                return layout.ToPlanar(y.ToFloats(), to);
            }

            var kernel = new float[9 * Channels * Channels];
            file.Require(Name + ".weight", 3, 3, Channels, Channels).Decode(0, kernel, []);
            var bias = new float[Channels];
            file.Require(Name + ".bias", Channels).Decode(0, bias, []);
            return (Run(to.Height), Run(rowsAtATime), Reference(reach, image, kernel, bias));
        });
        GoldenAssert.MaxAbs($"{images} convolution", kind, results.Expected, results.Whole, 1e-4);
        GoldenAssert.MaxAbs($"{images} convolution in strips", $"{kind}, {rowsAtATime} rows", results.Whole, results.Strips, 1e-5);
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
