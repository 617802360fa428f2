using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Imaging.Terminal;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Demo;
using ZImage.Tests.Hosting;
using ZImage.Tests.Imaging;

namespace ZImage.Tests.Generation;

/// <summary>Previews: what they look like, and that they change nothing.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class PreviewTests(ITestOutputHelper output)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void The_last_preview_looks_like_the_picture()
    {
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Cpu, new SessionOptions { Threads = 1 }, null, Stop);
        ImageRequest request = new()
        {
            Prompt = "a red cat on a blue background",
            Width = 96,
            Height = 64,
            Steps = 8,
            Sampler = "euler",
            Scheduler = session.Defaults.Scheduler,
            Shift = session.Defaults.Shift,
            Seed = 1,
        };
        var before = new List<double>();
        // What the probe has taught, and then what pictures have taught as well.
        foreach (double least in (double[])[24, 26])
        {
            var watcher = new PreviewWatcher();
            GeneratedImage image = session.Generate(request, watcher, Stop);
            Assert.Equal(request.Steps, watcher.Previews.Count);
            double[] psnr = [.. watcher.Previews.Select(preview => TestPictures.Psnr(AreaAverage.Resize(image.Pixels, 96 / preview.Scale, 64 / preview.Scale), preview.Pixels))];
            output.WriteLine(string.Join(", ", psnr.Select(value => $"{value:F1}")));
            Assert.True(psnr[^1] >= least, $"{psnr[^1]:F1} dB");
            // The picture forms.
            Assert.True(psnr[^1] > psnr[0] + 3);
            before.Add(psnr[^1]);
        }
        Assert.True(before[1] > before[0]);
    }

    [Theory]
    [InlineData(OffloadMode.None)]
    [InlineData(OffloadMode.CondDiffusion)]
    [InlineData(OffloadMode.LayerStreaming)]
    public void A_preview_changes_neither_the_picture_nor_the_memory_it_takes(OffloadMode mode)
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { Mode = OffloadMode.None, Strict = true, PromptCache = PromptCaching.Off }, Stop);
        MemoryBudget budget = mode == OffloadMode.LayerStreaming ? MemoryBudget.FromBytes(TinyModel.LeastBudget(session, s_large, 2, Stop)) : MemoryBudget.Default;
        session.SetOffload(session.Offload with { Mode = mode, VramBudget = budget }, null, Stop);
        string[] expected = [.. session.Generate(s_large, 2, null, Stop).Select(image => image.PixelHash)];
        GeneratedImage settled = session.Generate(s_large, 2, null, Stop)[0];

        for (int run = 0; run < 2; run++)
        {
            var watcher = new PreviewWatcher();
            IReadOnlyList<GeneratedImage> images = session.Generate(s_large, 2, watcher, Stop);
            Assert.Equal(expected, images.Select(image => image.PixelHash));
            // Two pictures side by side.
            Assert.Equal((2 * 160 / 8, 160 / 8), (watcher.Previews[0].Pixels.Width, watcher.Previews[0].Pixels.Height));
            Assert.Equal(images[0].Plan.PeakBytes, images[0].PeakDeviceBytes);
            Assert.Equal(settled.PeakDeviceBytes, images[0].PeakDeviceBytes);
            Assert.Equal(settled.UploadedBytes, images[0].UploadedBytes);
            Assert.DoesNotContain(watcher.Messages, message => message.Level == MessageLevel.Warning);
        }
    }

    [Fact]
    public void Where_there_is_no_room_to_prepare_previews_pictures_are_drawn_without()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { PromptCache = PromptCaching.Off }, Stop);
        GeneratedImage expected = session.Generate(TinyModel.Request, null, Stop);
        int asked = 0;
        session.Accounts.Device.Refuses = (_, _) => asked++ == 0;
        var watcher = new PreviewWatcher();
        GeneratedImage image = session.Generate(TinyModel.Request, watcher, Stop);

        Assert.True(asked > 1);
        Assert.Equal(expected.PixelHash, image.PixelHash);
        Assert.Empty(image.StepsDown);
        Assert.Empty(watcher.Previews);
        Assert.Contains(watcher.Messages, message => message.Level == MessageLevel.Verbose && message.Text.StartsWith("No previews are shown", StringComparison.Ordinal));
    }

    [Fact]
    public void A_listener_that_fails_hears_no_more_and_the_picture_is_drawn()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        GeneratedImage expected = session.Generate(TinyModel.Request, null, Stop);
        var watcher = new PreviewWatcher { Failure = new InvalidOperationException("The screen is gone.") };

        Assert.Equal(expected.PixelHash, session.Generate(TinyModel.Request, watcher, Stop).PixelHash);
        Assert.Single(watcher.Previews);
        Assert.Contains((MessageLevel.Verbose, "No more previews are shown: The screen is gone."), watcher.Messages);
    }

    [Fact]
    public void Previews_keep_their_distance()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        var watcher = new PreviewWatcher { Interval = TimeSpan.FromHours(1) };
        session.Generate(TinyModel.Request, watcher, Stop);

        Assert.Empty(watcher.Previews);
        var pace = new PreviewPace(TimeSpan.FromMilliseconds(1));
        pace.Do(() => Thread.Sleep(50));
        // Twenty times as long.
        Assert.False(pace.IsDue);
    }

    [Fact]
    public void Colours_that_are_linear_are_found_exactly()
    {
        var random = new Random(1);
        float[] latent = [.. Enumerable.Range(0, 4 * 6 * 5).Select(_ => (float)random.NextDouble() - 0.5f)];
        // Red is the second channel, green the difference of two and a constant, blue nothing.
        float[] planes = [.. Enumerable.Range(0, 3 * 12 * 10).Select(i =>
        {
            int at = i % 120 / 12 / 2 * 6 + i % 12 / 2;
            return (i / 120) switch { 0 => latent[30 + at], 1 => latent[at] - latent[90 + at] / 2 + 0.25f, _ => 0 };
        })];
        var colors = new LatentColors(4, 2);
        colors.Learn(latent, planes, 6, 5);
        PixelImage drawn = colors.Draw(latent, 6, 5);
        PixelImage exact = AreaAverage.Resize(PixelImage.FromDecoder(planes, 12, 10), 6, 5);

        Assert.InRange(TestPictures.Psnr(exact, drawn), 40, double.PositiveInfinity);
    }

    // Larger than what is decoded to prepare, so that the peaks are those of the picture.
    private static readonly ImageRequest s_large = TinyModel.Request with { Width = 160, Height = 160, Steps = 2 };

    private sealed class PreviewWatcher : IGenerationObserver
    {
        public List<GenerationPreview> Previews { get; } = [];

        public List<(MessageLevel Level, string Text)> Messages { get; } = [];

        public Exception? Failure { get; init; }

        public TimeSpan Interval { get; init; }

        // Zero: each step shows one.
        public TimeSpan? PreviewInterval => Interval;

        public void OnPreview(GenerationPreview preview)
        {
            Previews.Add(preview);
            if (Failure is not null)
                throw Failure;
        }

        public void OnProgress(GenerationProgress progress)
        {
        }

        public void OnMessage(MessageLevel level, string text) => Messages.Add((level, text));
    }
}
