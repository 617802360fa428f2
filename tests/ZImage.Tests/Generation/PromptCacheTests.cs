using ZImage.Engine;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;

namespace ZImage.Tests.Generation;

/// <summary>Prompts that come again: the same picture, without the text encoder.</summary>
[Collection(TestCache.Name)]
public sealed class PromptCacheTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();
    private readonly string? _usual = Environment.GetEnvironmentVariable(TestCache.Variable);

    public PromptCacheTests() => Environment.SetEnvironmentVariable(TestCache.Variable, _folder.Path);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(TestCache.Variable, _usual);
        _folder.Dispose();
    }

    [Fact]
    public void A_prompt_that_comes_again_needs_no_text_encoder()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { Mode = OffloadMode.Aggressive }, Stop);
        ImageRequest guided = TinyModel.Request with { CfgScale = 2, NegativePrompt = "a dog" };
        GeneratedImage first = session.Generate(guided, null, Stop), second = session.Generate(guided, null, Stop);
        Assert.Equal((first.LatentHash, first.PixelHash), (second.LatentHash, second.PixelHash));
        Assert.True(Encodes(first) && !Encodes(second));
        Assert.Equal(first.Plan.Phases.Sum(phase => phase.Phase == Phase.Condition ? 0 : phase.UploadBytes), second.Plan.UploadBytes);
        Assert.Equal(second.Plan.PeakBytes, second.PeakDeviceBytes);
        Assert.DoesNotContain(session.Plan(guided, [OffloadMode.Aggressive], 1, false, null, Stop)[0].Phases, phase => phase.Phase == Phase.Condition);
        // The negative prompt is a prompt like others.
        Assert.False(Encodes(session.Generate(TinyModel.Request with { Prompt = "a dog" }, null, Stop)));
        Assert.True(Encodes(session.Generate(guided with { NegativePrompt = "a bird" }, null, Stop)));
        Assert.True(Encodes(session.Generate(TinyModel.Request with { Prompt = "a cat " }, null, Stop)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Where_everything_stays_the_text_encoder_stays_too()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { Mode = OffloadMode.None }, Stop);
        session.Generate(TinyModel.Request, null, Stop);
        long held = session.DeviceBytes;
        Assert.False(Encodes(session.Generate(TinyModel.Request, null, Stop)));
        Assert.Equal(held, session.DeviceBytes);
        GeneratedImage other = session.Generate(TinyModel.Request with { Prompt = "a dog" }, null, Stop);
        Assert.Equal((true, 0L), (Encodes(other), other.UploadedBytes));
    }

    [Fact]
    public void It_is_kept_on_disk_when_asked()
    {
        var options = new OffloadOptions { PromptCache = PromptCaching.Disk };
        GeneratedImage first;
        using (ModelSession session = TinyModel.Open("CPU", options, Stop))
            first = session.Generate(TinyModel.Request, null, Stop);
        string file = Assert.Single(Directory.GetFiles(CacheFolder.Prompts));
        using (ModelSession session = TinyModel.Open("CPU", options, Stop))
        {
            GeneratedImage second = session.Generate(TinyModel.Request, null, Stop);
            Assert.False(Encodes(second));
            Assert.Equal((first.LatentHash, first.PixelHash), (second.LatentHash, second.PixelHash));
        }
        // A damaged file is as good as none, and written anew.
        byte[] whole = File.ReadAllBytes(file);
        byte[] nan = [.. whole];
        nan.AsSpan(whole.Length - 4).Fill(0xff);
        foreach (byte[] damaged in (byte[][])[whole[..^5], [], [1, 2, 3], nan])
        {
            File.WriteAllBytes(file, damaged);
            using ModelSession session = TinyModel.Open("CPU", options, Stop);
            GeneratedImage again = session.Generate(TinyModel.Request, null, Stop);
            Assert.True(Encodes(again));
            Assert.Equal(first.LatentHash, again.LatentHash);
            Assert.Equal(whole, File.ReadAllBytes(file));
        }
        // In memory only: what is on disk is not looked at.
        using ModelSession memory = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        Assert.True(Encodes(memory.Generate(TinyModel.Request, null, Stop)));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_warning()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "prompts"), "in the way");
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { PromptCache = PromptCaching.Disk }, Stop);
        var listener = new RunListener();
        session.Generate(TinyModel.Request, listener, Stop);
        Assert.Contains(CacheFolder.Prompts, Assert.Single(listener.Warnings), StringComparison.Ordinal);
        Assert.False(Encodes(session.Generate(TinyModel.Request, null, Stop)));
    }

    [Fact]
    public void Off_keeps_nothing()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        session.Generate(TinyModel.Request, null, Stop);
        session.SetOffload(new OffloadOptions { PromptCache = PromptCaching.Off }, null, Stop);
        Assert.True(Encodes(session.Generate(TinyModel.Request, null, Stop)));
        session.SetOffload(new OffloadOptions(), null, Stop);
        Assert.True(Encodes(session.Generate(TinyModel.Request, null, Stop)));
        Assert.False(Encodes(session.Generate(TinyModel.Request, null, Stop)));
    }

    private static bool Encodes(GeneratedImage image) => image.Timeline.Entries.Any(entry => entry.Phase == Phase.Condition);
}
