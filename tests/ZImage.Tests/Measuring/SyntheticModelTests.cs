using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Engine.Synthetic;
using ZImage.Ggml;

namespace ZImage.Tests.Measuring;

public sealed class SyntheticModelTests
{
    private static readonly SessionOptions s_options = new() { Threads = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_full_model_has_the_published_sizes()
    {
        SyntheticSizes full = SyntheticSizes.Full;
        // Weights of the published files: 6.15 billion in the transformer, 4.02 in the text encoder, 84 million in the autoencoder.
        Assert.Equal(6.15e9, Elements(full, ComponentKind.Transformer), 0.02e9);
        Assert.Equal(4.02e9, Elements(full, ComponentKind.TextEncoder), 0.01e9);
        Assert.Equal(83.8e6, Elements(full, ComponentKind.Autoencoder), 0.5e6);
        Assert.Equal(1, full.Scale);
        Assert.Equal(453, full.TensorsOf(ComponentKind.Transformer).Count);
        Assert.Equal(398, full.TensorsOf(ComponentKind.TextEncoder).Count);
        Assert.Equal(244, full.TensorsOf(ComponentKind.Autoencoder).Count);
    }

    [Fact]
    public void A_scale_leaves_layers_out_and_keeps_widths()
    {
        SyntheticSizes half = SyntheticSizes.OfScale(0.5);
        Assert.InRange(half.Scale, 0.46, 0.5);
        Assert.Equal(SyntheticSizes.Full with { Layers = half.Layers, TextLayers = half.TextLayers }, half);
        Assert.InRange(half.TextLayers, half.Layers, half.Layers * 1.3);
        Assert.Equal(SyntheticSizes.Full, SyntheticSizes.OfScale(1));
        Assert.Equal(SyntheticSizes.Tiny, SyntheticSizes.OfScale(0));
        Assert.All(Enumerable.Range(0, 101), percent => Assert.True(SyntheticSizes.OfScale(percent / 100.0) is var sizes && (sizes == SyntheticSizes.Tiny || sizes.Scale <= percent / 100.0 + 1e-9)));
    }

    [Fact]
    public void Sizes_follow_the_memory_and_a_card_leaves_room_to_pin()
    {
        Device cpu = Devices.Cpu;
        var card = new Device { Name = "X0", Backend = BackendKind.Vulkan, Type = DeviceType.Gpu, Description = "a card", IsAvailable = true };
        Assert.Equal(SyntheticSizes.Full, SyntheticModel.Fitting(cpu, 14L << 30));
        Assert.NotEqual(SyntheticSizes.Full, SyntheticModel.Fitting(card, 14L << 30));
        Assert.Equal(SyntheticSizes.Full, SyntheticModel.Fitting(card, 24L << 30));
        Assert.InRange(SyntheticModel.Fitting(card, 14L << 30).Bytes, 5L << 30, 6L << 30);
    }

    [Fact]
    public void Equal_seeds_give_equal_fingerprints_and_others_others()
    {
        Assert.Equal(Fingerprints(SyntheticSizes.Tiny, 1), Fingerprints(SyntheticSizes.Tiny, 1));
        Assert.All(Fingerprints(SyntheticSizes.Tiny, 1).Zip(Fingerprints(SyntheticSizes.Tiny, 2)), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.NotEqual(Fingerprints(SyntheticSizes.Tiny, 1)[0], Fingerprints(SyntheticSizes.Tiny with { Layers = 2 }, 1)[0]);
        // Not of this machine alone.
        Assert.Equal("87716514e537fe53", Fingerprints(SyntheticSizes.Tiny, 0x5A)[0][..16]);
    }

    [Fact]
    public void Weights_are_spread_as_they_say()
    {
        using SyntheticCheckpoints made = SyntheticCheckpoints.Create(SyntheticSizes.Tiny, Cancellation);
        foreach (ComponentKind kind in ComponentKinds.All)
        {
            foreach (SyntheticTensor tensor in SyntheticSizes.Tiny.TensorsOf(kind).Where(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size) >= 256))
            {
                var values = new float[made[kind].Tensors[tensor.Name].Elements];
                made[kind].Tensors[tensor.Name].Decode(0, values);
                double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
                Assert.Equal(tensor.Mean, mean, 6 * tensor.Deviation / Math.Sqrt(values.Length));
                Assert.InRange(deviation, 0.8 * tensor.Deviation, 1.2 * tensor.Deviation);
            }
        }
    }

    [Fact]
    public void It_draws_the_same_colourful_noise_each_time()
    {
        GeneratedImage first = Draw(7), again = Draw(7), other = Draw(8);
        Assert.Equal(first.PixelHash, again.PixelHash);
        Assert.NotEqual(first.PixelHash, other.PixelHash);
        Assert.True(first.Pixels.Rgb.Distinct().Count() > 64, "The picture is nearly of one colour.");
        Assert.Equal("synthetic", first.Model.Name);
    }

    [Theory]
    [InlineData(OffloadMode.None)]
    [InlineData(OffloadMode.Aggressive)]
    [InlineData(OffloadMode.LayerStreaming)]
    public void Weights_move_to_a_device_as_those_of_a_file_do(OffloadMode mode)
    {
        using ModelSession session = SyntheticModel.Open(Devices.Cpu, s_options with { CopiesWeights = true, Offload = new OffloadOptions { Mode = mode } }, 0, null, Cancellation);
        GeneratedImage image = session.Generate(Request(7), null, Cancellation);
        Assert.Equal(Draw(7).PixelHash, image.PixelHash);
        Assert.Equal(image.Plan.PeakBytes, image.PeakDeviceBytes);
    }

    [Fact]
    public void What_is_measured_on_it_says_that_weights_are_random()
    {
        using ModelSession session = Open();
        GenerationMeasurement run = Assert.Single(BenchmarkSession.Run(session, new BenchmarkOptions { Repeat = 1, Warmup = 0 }, null, BenchmarkSession.Configuration(OffloadMode.None)));
        Assert.Equal((MeasurementResult.Success, "synthetic"), (run.Result, run.Model));
        Assert.Equal(SyntheticSizes.Tiny.Scale, run.Context!.Model.SyntheticScale);
        Assert.Equal(Devices.Cpu.Description, run.Context.Environment.DeviceName);
        string report = MeasurementReport.Of([run]).Write(ReportFormat.Markdown);
        Assert.Contains("The weights are random", report, StringComparison.Ordinal);
        Assert.Contains("| synthetic:transformer |", report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_says_what_it_is_and_its_paths_are_names()
    {
        using ModelSession session = Open();
        Assert.Equal("synthetic", session.Name);
        Assert.Equal(new[] { "synthetic:transformer", "synthetic:text-encoder", "synthetic:vae" }, session.Components.Select(component => component.Path));
        Assert.Equal("synthetic:transformer", session.Files.Diffusion);
        Assert.Equal(SyntheticSizes.Tiny.Scale, session.SyntheticScale);
        Assert.Equal(new ModelDefaults(1024, 1024, 8, "euler", "flow_match", 3, 1), session.Defaults);
        Assert.Equal(["Q8_0", "F32"], session.Components[0].Types.Keys);
        session.SetOffload(new OffloadOptions { Mode = OffloadMode.LayerStreaming }, null, Cancellation);
    }

    [Fact]
    public void Memory_is_free_again_when_the_session_goes()
    {
        MemoryFile[] files;
        using (ModelSession session = Open())
        {
            files = [.. ComponentKinds.All.Select(kind => (MemoryFile)session.Files.Synthetic![kind].Files.Single())];
            Assert.All(files, file => Assert.False(file.IsFreed));
        }
        Assert.All(files, file => Assert.True(file.IsFreed));
        Assert.Throws<ObjectDisposedException>(() => files[0].Span(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => files[0].Write(0, [1]));
    }

    [Fact]
    public void Memory_is_free_again_when_the_session_does_not_open()
    {
        using SyntheticCheckpoints made = SyntheticCheckpoints.Create(SyntheticSizes.Tiny with { Hidden = 160 }, Cancellation);
        var file = (MemoryFile)made[ComponentKind.TextEncoder].Files.Single();
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(file.Length, [1]));
        Assert.Throws<GenerationCancelledException>(() => ModelSession.Open(ModelFiles.Of(made), Devices.Cpu, s_options, null, new CancellationToken(canceled: true)));
        made.Dispose();
        Assert.True(file.IsFreed);
    }

    [Fact]
    public void Faults_leave_nothing_behind()
    {
        var stopped = new CancellationToken(canceled: true);
        Assert.Throws<GenerationCancelledException>(() => SyntheticModel.OpenSized(Devices.Cpu, s_options, SyntheticSizes.Tiny, null, stopped));
        var fault = Assert.Throws<SyntheticModelTooLargeException>(() => SyntheticModel.OpenSized(Devices.Cpu, s_options, SyntheticSizes.Full with { Layers = 3000 }, null, Cancellation));
        Assert.Contains("GiB", fault.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidSettingException>(() => SyntheticModel.Open(Devices.Cpu, s_options, 1.5, null, Cancellation));
    }

    private static double Elements(SyntheticSizes sizes, ComponentKind kind)
        => sizes.TensorsOf(kind).Sum(tensor => (double)tensor.Shape.Aggregate(1L, (product, size) => product * size));

    private static string[] Fingerprints(SyntheticSizes sizes, ulong seed)
    {
        using SyntheticCheckpoints made = SyntheticCheckpoints.Create(sizes, seed, Cancellation);
        return [.. ComponentKinds.All.Select(kind => made[kind].Fingerprint)];
    }

    private static ModelSession Open() => SyntheticModel.Open(Devices.Cpu, s_options, 0, null, Cancellation);

    private static GeneratedImage Draw(long seed)
    {
        using ModelSession session = Open();
        return session.Generate(Request(seed), null, Cancellation);
    }

    private static ImageRequest Request(long seed)
        => new() { Prompt = "noise", Width = 64, Height = 64, Steps = 2, Sampler = "euler", Scheduler = "flow_match", Shift = 3, Seed = seed };
}
