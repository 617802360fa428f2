using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling.Noise;
using ZImage.Ggml;
using ZImage.Tests.Demo;

namespace ZImage.Tests.Models;

/// <summary>The ways of an image through the autoencoder: which there are, that the exact ones give the same bits, and what each takes.</summary>
public sealed class ImageWayTests
{
    // Latent pixels; the height is odd, so that strips end everywhere.
    private const int Width = 8, Height = 7;

    private static readonly string s_tiny = Path.Combine(GoldenFile.Folder, "vae-tiny.gguf");
    private static readonly float[] s_latent = Noise(Width * Height * 16), s_image = Noise(Width * Height * 64 * 3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static IEnumerable<TheoryDataRow<string>> Devices => [new("CPU"), .. ComputeDevice.Gpus.Select(gpu => new TheoryDataRow<string>(gpu))];

    // One row of the largest layer takes about 40 KiB.
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void Strips_of_any_size_give_the_same_bits(long stripBytes)
    {
        (float[] Image, float[] Mean) expected = Both("CPU", ImageWay.Whole, long.MaxValue), actual = Both("CPU", ImageWay.Whole, stripBytes);
        Assert.Equal(expected.Image, actual.Image);
        Assert.Equal(expected.Mean, actual.Mean);
        Assert.Contains(expected.Image, v => MathF.Abs(v) > 0.05f);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Where_activations_rest_changes_no_bit(string device)
    {
        const long StripBytes = 100_000;
        (float[] Image, float[] Mean) expected = Both(device, ImageWay.Whole, StripBytes);
        long[] thresholds = device == "CPU" ? [0, 20_000, 60_000, 200_000, 500_000] : [0, 60_000];
        foreach (long most in thresholds)
        {
            (float[] Image, float[] Mean) actual = Both(device, ImageWay.Strips(most), StripBytes);
            Assert.Equal(expected.Image, actual.Image);
            Assert.Equal(expected.Mean, actual.Mean);
        }
    }

    // The measured choice is one of the two, so each must hold by itself.
    [Theory]
    [InlineData("CPU", false)]
    [InlineData("CPU", true)]
    [InlineData("Vulkan0", true)]
    [InlineData("Vulkan0", false)]
    public void Every_way_of_convolution_gives_the_same_picture(string device, bool isDirect)
    {
        float[] expected = Run("CPU", 100_000, s_tiny, (model, memory) => model.Decode(s_latent, Width, Height, memory, null, Stop));
        float[] actual = Run(device, 100_000, s_tiny, (model, memory) => model.Decode(s_latent, Width, Height, memory, null, Stop), new ConvolutionPath(isDirect, null));
        GoldenAssert.RelativeL2($"VAE convolutions {device}", isDirect ? "direct" : "gathered", expected, actual, device == "CPU" ? 1e-5 : 1e-2);
    }

    [Fact]
    public void Convolutions_are_measured_on_Vulkan_once() => Run("Vulkan0", 100_000, s_tiny, (model, _) =>
    {
        Assert.InRange(model.ConvolutionPath.Speedup ?? 0, 1e-3, 1e3);
        Assert.Same(model.ConvolutionPath, ConvolutionPath.For(model.Weights));
        Assert.Equal(model.ConvolutionPath.Speedup >= 1.25, model.ConvolutionPath.IsDirect);
        return true;
    });

    [Theory]
    [MemberData(nameof(Devices))]
    public void Every_way_takes_what_was_measured(string device) => Run(device, 100_000, s_tiny, (model, memory) =>
    {
        const int Wide = 2 * Width, High = 2 * Height;
        float[] latent = Noise(Wide * High * model.LatentChannels);
        var hosts = new List<long>();
        var bytes = new List<long>();
        IReadOnlyList<ImageWay> ways = model.DecodeWays(Wide, High, VaeTiling.Auto, null, 0.25f);
        Assert.Equal([ImageMethod.Whole, ImageMethod.Strips, ImageMethod.Tiles], ways.Select(way => way.Method).Distinct());
        // The software device takes a minute for what others do in a second.
        bool isSlow = device == "Vulkan0";
        foreach (ImageWay way in device == "CPU" ? ways : isSlow ? [ways[2]] : [ways[0], ways[2], ways[^1]])
        {
            Footprint predicted = model.MeasureDecode(Wide, High, memory, way);
            CheckPeaks(predicted, memory, ram => model.Decode(latent, Wide, High, memory, ram, way, null, Stop));
            hosts.Add(predicted.HostBytes);
            bytes.Add(predicted.Bytes);
            Assert.Equal(way.Method == ImageMethod.Strips, predicted.LinkBytes > 0);
        }
        // From all on the device to nothing there but windows.
        Assert.Equal(!isSlow, hosts[0] == 0);
        if (device == "CPU")
        {
            int exact = ways.Count(way => way.Method != ImageMethod.Tiles);
            Assert.Equal(hosts.Take(exact).Max(), hosts[exact - 1]);
            Assert.True(bytes[exact - 1] < bytes[0], $"{bytes[exact - 1]} of {bytes[0]} bytes");
        }
        foreach (ImageWay way in isSlow ? (ImageWay[])[ImageWay.Strips(0)] : [ImageWay.Whole, ImageWay.Strips(0), model.EncodeWays(Width * 8, Height * 8, VaeTiling.On, 32, 0.5f)[0]])
            CheckPeaks(model.MeasureEncode(Width * 8, Height * 8, memory, way), memory, ram => model.Encode(s_image, Width * 8, Height * 8, memory, ram, way, Stop));
        return true;
    });

    [Fact]
    public void Ways_follow_the_options() => Run("CPU", 100_000, s_tiny, (model, memory) =>
    {
        IReadOnlyList<ImageWay> off = model.DecodeWays(128, 96, VaeTiling.Off, null, 0.25f);
        Assert.Equal(ImageWay.Whole, off[0]);
        Assert.All(off.Skip(1), way => Assert.Equal(ImageMethod.Strips, way.Method));
        Assert.Equal(off.Skip(1).OrderByDescending(way => way.MostOnDevice), off.Skip(1));
        Assert.Equal(0, off[^1].MostOnDevice);
        Assert.Equal([768, 512, 384, 256, 192, 128, 96, 64], model.DecodeWays(128, 96, VaeTiling.Auto, null, 0.25f).Skip(off.Count).Select(way => way.TileSize).Where(size => size < 1024));
        Assert.Equal([512, 384, 256, 192, 128, 96, 64], model.DecodeWays(128, 96, VaeTiling.On, null, 0.25f).Select(way => way.TileSize));
        ImageWay own = Assert.Single(model.DecodeWays(128, 96, VaeTiling.On, 320, 0.25f));
        Assert.Equal((320, 0.25f, 4 * 3), (own.TileSize, own.Overlap, own.Passes));
        // A picture that is not larger than the tile.
        Assert.Equal(ImageMethod.Whole, model.DecodeWays(64, 64, VaeTiling.On, null, 0.25f)[0].Method);
        Assert.Equal(ImageMethod.Whole, model.EncodeWays(512, 512, VaeTiling.On, null, 0.25f)[0].Method);
        // Attention over the whole image is the narrowest place.
        long[] bytes = [.. off.Select(way => model.MeasureDecode(128, 96, memory, way).Bytes)];
        Assert.True(bytes[^1] * 3 < bytes[0], $"{bytes[^1]} of {bytes[0]} bytes");
        return true;
    });

    [Theory]
    [InlineData(40, 16, 0.25f)]
    [InlineData(41, 16, 0.5f)]
    [InlineData(65, 64, 0.1f)]
    [InlineData(64, 64, 0.5f)]
    [InlineData(100, 8, 0f)]
    public void Weights_of_tiles_have_a_sum_of_one(int length, int tile, float overlap)
    {
        const int Scale = 8;
        var axis = new TileAxis(length, tile, overlap);
        IReadOnlyList<float[]> weights = axis.Weights(Scale);
        Assert.Equal(TileAxis.Count(length, tile, overlap), weights.Count);
        Assert.Equal((0, length - tile), (axis.Starts[0], axis.Starts[^1]));
        var sums = new double[length * Scale];
        for (int i = 0; i < weights.Count; i++)
        {
            Assert.True(i == 0 || axis.Starts[i - 1] + tile - axis.Starts[i] >= (int)(tile * overlap), $"tile {i} overlaps too little");
            for (int k = 0; k < weights[i].Length; k++)
                sums[axis.Starts[i] * Scale + k] += weights[i][k];
        }
        Assert.All(sums, sum => Assert.Equal(1, sum, 1e-6));
        // No step where a tile begins or ends inside the image.
        if (weights.Count > 1 && overlap > 0)
            Assert.InRange(weights[1][0], 0, 1f / (int)(tile * overlap * Scale));
    }

    [Fact]
    public void Blended_tiles_show_no_seam()
    {
        const int Side = 16;
        Run("CPU", 1 << 20, DemoModel.Files.Vae, (model, memory) =>
        {
            float[] latent = Smooth(Side, model.LatentChannels);
            float[] whole = Decode(ImageWay.Whole), tiled = Decode(model.DecodeWays(Side, Side, VaeTiling.On, 64, 0.5f)[0]);
            double noise = 0, signal = whole.Max() - whole.Min(), step = 0, ownStep = 0;
            for (int i = 0; i < whole.Length; i++)
                noise += Math.Pow(whole[i] - tiled[i], 2);
            // The largest difference of the error between neighbours: a seam would be one.
            for (int i = 1; i < whole.Length; i++)
            {
                if (i % (Side * 8) == 0)
                    continue;
                step = Math.Max(step, Math.Abs(whole[i] - tiled[i] - whole[i - 1] + tiled[i - 1]));
                ownStep = Math.Max(ownStep, Math.Abs(whole[i] - whole[i - 1]));
            }
            double psnr = 10 * Math.Log10(signal * signal / (noise / whole.Length));
            Assert.True(psnr >= 24, $"PSNR {psnr:F1} dB, largest step {step:F3} of {ownStep:F3}");
            Assert.True(step < ownStep / 2, $"PSNR {psnr:F1} dB, largest step {step:F3} of {ownStep:F3}");
            return true;

            float[] Decode(ImageWay way) => model.Decode(latent, Side, Side, memory, WholeImage.RamFor(memory), way, null, Stop);
        });
    }

    [Fact]
    public void Host_memory_need_not_be_pinned() => Run("CPU", 100_000, s_tiny, (model, memory) =>
    {
        MemoryAccount ram = WholeImage.RamFor(memory);
        int refused = 0;
        ram.Refuses = (_, _) => refused++ == 0;
        float[] image = model.Decode(s_latent, Width, Height, memory, ram, ImageWay.Strips(0), null, Stop);
        Assert.Equal(model.MeasureDecode(Width, Height, memory, ImageWay.Strips(0)).HostBytes, ram.PeakBytes);
        Assert.Equal((2, 0), (refused, ram.Bytes));
        Assert.Equal(Both("CPU", ImageWay.Whole, 100_000).Image, image);
        // Its limit is another matter.
        ram.Limit = ram.PeakBytes - 1;
        long before = memory.Bytes;
        Assert.Throws<BudgetExceededException>(() => model.Decode(s_latent, Width, Height, memory, ram, ImageWay.Strips(0), null, Stop));
        Assert.Equal((0, before), (ram.Bytes, memory.Bytes));
        return true;
    });

    [Theory]
    [InlineData(ImageMethod.Whole)]
    [InlineData(ImageMethod.Strips)]
    [InlineData(ImageMethod.Tiles)]
    public void Cancelling_leaves_nothing_allocated(ImageMethod method) => Run("CPU", 1, s_tiny, (model, memory) =>
    {
        MemoryAccount ram = WholeImage.RamFor(memory);
        using var source = new CancellationTokenSource();
        long before = memory.Bytes;
        string last = "";
        ImageWay way = model.DecodeWays(32, 24, VaeTiling.Auto, null, 0.25f).Last(way => way.Method == method);
        Assert.Throws<OperationCanceledException>(() => model.Decode(Noise(32 * 24 * 16), 32, 24, memory, ram, way, stage =>
        {
            last = stage.Name;
            if (stage.Name == "decoder.up.2")
                source.Cancel();
        }, source.Token));
        Assert.Equal(("decoder.up.2", before, 0), (last, memory.Bytes, ram.Bytes));
        return true;
    });

    [Fact]
    public void Statistics_hold_where_the_mean_is_large()
    {
        const int Length = 1000;
        var random = new Random(4);
        double[][] rows = [.. Enumerable.Range(0, 50).Select(_ => (double[])[.. Enumerable.Range(0, Length).Select(_ => 1e4 + random.NextDouble())])];
        float[] means = [.. rows.Select(row => (float)row.Average())];
        float[] squares = [.. rows.Select((row, i) => (float)row.Sum(v => (v - means[i]) * (v - means[i])))];
        (double mean, double variance) = GroupStatistics.Combine(means, squares, Length);
        double expected = rows.SelectMany(row => row).Average();
        Assert.Equal(expected, mean, 1e-3);
        Assert.Equal(rows.SelectMany(row => row).Average(v => (v - expected) * (v - expected)), variance, 1e-4);
    }

    private static void CheckPeaks(Footprint predicted, DeviceMemory memory, Action<MemoryAccount> compute)
    {
        MemoryAccount ram = WholeImage.RamFor(memory);
        long before = memory.Bytes;
        memory.ResetPeak();
        compute(ram);
        Assert.Equal((predicted.Bytes, predicted.HostBytes), (memory.PeakBytes - before, ram.PeakBytes));
        Assert.Equal((before, 0), (memory.Bytes, ram.Bytes));
    }

    private static (float[] Image, float[] Mean) Both(string device, ImageWay way, long stripBytes) => Run(device, stripBytes, s_tiny, (model, memory)
        => (model.Decode(s_latent, Width, Height, memory, WholeImage.RamFor(memory), way, null, Stop),
            model.Encode(s_image, Width * 8, Height * 8, memory, WholeImage.RamFor(memory), way, Stop).Mean));

    private static T Run<T>(string device, long stripBytes, string path, Func<Autoencoder, DeviceMemory, T> test, ConvolutionPath? convolutions = null) => ComputeDevice.Get(device).Run(memory =>
    {
        using ComponentFile file = ComponentFile.Open(path, ComponentKind.Autoencoder);
        using Autoencoder model = convolutions is null
            ? new Autoencoder(file, memory.Backend) { StripBytes = stripBytes }
            : new Autoencoder(new ModelWeights(file, memory.Backend), ImageLayout.Planar) { StripBytes = stripBytes, ConvolutionPath = convolutions };
        using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
        return test(model, memory);
    });

    private static float[] Noise(int count)
    {
        var values = new float[count];
        new PhiloxNoise(3).Fill(values);
        return values;
    }

    // Waves of different lengths, as a picture has.
    private static float[] Smooth(int side, int channels)
        => [.. Enumerable.Range(0, side * side * channels).Select(i => MathF.Sin((i % side * 0.3f) + (i / side % side * 0.2f * (1 + i / side / side % 3)) + i / side / side))];
}
