using System.Text.Json;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Ggml;
using ZImage.Tests.Hosting;
using ZImage.Tests.Imaging;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Demo;

/// <summary>What the demo model draws, against what was asked for.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class DemoAccuracyTests(ITestOutputHelper output)
{
    // One thread: tests run side by side, and ggml's threads wait for each other by spinning.
    private static readonly SessionOptions s_options = new() { Threads = 1 };

    // What a prompt leaves open is null, and any of it is right.
    private sealed record Item(string Prompt, string Subject, string? Colour, string? Background, bool HeldOut, long Seed);

    [Fact]
    public void At_least_nine_of_ten_pictures_show_what_was_asked_for()
    {
        string golden = Path.Combine(GoldenJson.RepositoryRoot, "tests", "golden");
        Item[] items = JsonSerializer.Deserialize<Item[]>(File.ReadAllText(Path.Combine(golden, "demo-prompts.json")), JsonSerializerOptions.Web)!;
        Assert.True(items.Count(i => i.HeldOut) >= 15);
        Assert.True(items.Select(i => i.Subject).Distinct().Count() >= 10);
        Assert.True(items.Select(i => i.Colour).OfType<string>().Distinct().Count() >= 8);
        Assert.True(items.Select(i => i.Background).OfType<string>().Distinct().Count() >= 4);

        DemoJudge judge = DemoJudge.Load(Path.Combine(golden, "demo-judge.gguf"));
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Cpu, s_options, null, TestContext.Current.CancellationToken);
        int right = 0, rightHeldOut = 0;
        foreach (Item item in items)
        {
            DemoVerdict verdict = judge.Judge(Draw(session, item.Prompt, item.Seed).Pixels.Rgb);
            bool all = verdict.Subject == item.Subject && (item.Colour ?? verdict.Colour) == verdict.Colour && (item.Background ?? verdict.Background) == verdict.Background;
            right += all ? 1 : 0;
            rightHeldOut += all && item.HeldOut ? 1 : 0;
            if (!all)
                output.WriteLine($"{item.Prompt}: a {verdict.Colour} {verdict.Subject} on {verdict.Background}");
        }
        output.WriteLine($"{right} of {items.Length} right, {rightHeldOut} of {items.Count(i => i.HeldOut)} of the held-out combinations");
        Assert.True(right >= 0.9 * items.Length, $"{right} of {items.Length} pictures are right.");
        Assert.True(rightHeldOut >= 0.9 * items.Count(i => i.HeldOut), $"{rightHeldOut} held-out pictures are right.");
    }

    [Fact]
    public void Seeds_and_words_change_the_picture_and_nothing_else_does()
    {
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Cpu, s_options, null, TestContext.Current.CancellationToken);
        string first = Draw(session, "a red cat on a blue background", 1).Pixels.PixelHash;
        string otherSeed = Draw(session, "a red cat on a blue background", 2).Pixels.PixelHash;
        string otherWords = Draw(session, "a green cat on a blue background", 1).Pixels.PixelHash;
        Assert.Equal(3, new[] { first, otherSeed, otherWords }.Distinct().Count());
        Assert.Equal(first, Draw(session, "a red cat on a blue background", 1).Pixels.PixelHash);
        using ModelSession again = ModelSession.Open(DemoModel.Files, Devices.Cpu, s_options, null, TestContext.Current.CancellationToken);
        Assert.Equal(first, Draw(again, "a red cat on a blue background", 1).Pixels.PixelHash);
    }

    /// <summary>The picture in the file was drawn on Linux; other processors and systems have kernels of other compilers. The bar is that of 8-bit weights.</summary>
    [Fact]
    public void The_demo_picture_is_that_of_Linux()
    {
        PixelImage expected = ImageFile.Load(Path.Combine(GoldenJson.RepositoryRoot, "tests", "golden", "demo-picture-linux.png"));
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Cpu, s_options, null, TestContext.Current.CancellationToken);

        PixelImage drawn = Draw(session, "a red cat on a blue background", 1).Pixels;

        double psnr = TestPictures.Psnr(expected, drawn);
        output.WriteLine($"PSNR {psnr:F1} dB{(drawn.PixelHash == expected.PixelHash ? ", equal" : "")}");
        Assert.True(psnr >= 45, $"{psnr:F1} dB");
    }

    [Fact]
    public void The_model_ships_in_twelve_megabytes()
        => Assert.InRange(Directory.GetFiles(DemoModel.Folder).Sum(f => new FileInfo(f).Length), 1 << 20, 12 << 20);

    private static GeneratedImage Draw(ModelSession session, string prompt, long seed) => session.Generate(new ImageRequest
    {
        Prompt = prompt,
        Width = session.Defaults.Width,
        Height = session.Defaults.Height,
        Steps = session.Defaults.Steps,
        Sampler = session.Defaults.Sampler,
        Scheduler = session.Defaults.Scheduler,
        Shift = session.Defaults.Shift,
        Seed = seed,
    }, null, TestContext.Current.CancellationToken);
}
