using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Tests.Hosting;
using ZImage.Tests.Models;

namespace ZImage.Tests.Generation;

/// <summary>Several prompts that go through the phases together: the pictures of one by one, in order, for one visit of each component.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class StageBatchTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    public static TheoryData<string> EachDevice() => [.. ComputeDevice.Gpus, "CPU"];

    // Different prompts, seeds and sizes, guidance, and pictures in lockstep.
    private static readonly (ImageRequest Request, int Images)[] s_drawings =
    [
        (TinyModel.Request, 1),
        (TinyModel.Request with { Prompt = "a red dog on a hill", Seed = 7, Width = 32 }, 2),
        (TinyModel.Request with { Prompt = "a ship", NegativePrompt = "a cat", CfgScale = 3, Steps = 2 }, 1),
        (TinyModel.Request with { Seed = 43 }, 1),
    ];

    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Pictures_are_those_made_one_by_one_in_their_order(string device)
    {
        // The software device is slow.
        (ImageRequest Request, int Images)[] drawings = device == "Vulkan0" ? [.. s_drawings[..2].Select(drawing => (drawing.Request with { Steps = 1 }, 1))] : s_drawings;
        using ModelSession session = TinyModel.Open(device, new OffloadOptions { PromptCache = PromptCaching.Off }, Stop);
        List<(string, string, long)> alone = [.. drawings.SelectMany(drawing => session.Generate(drawing.Request, drawing.Images, null, Stop)).Select(Identity)];
        foreach (OffloadMode mode in device == "Vulkan0" ? [OffloadMode.Aggressive] : Planner.Modes)
        {
            session.SetOffload(new OffloadOptions { Mode = mode, PromptCache = PromptCaching.Off }, null, Stop);
            List<DrawingResult> results = Draw(session, drawings);
            Assert.Equal(Enumerable.Range(0, drawings.Length), results.Select(result => result.Index));
            Assert.All(results, result => Assert.Null(result.Fault));
            Assert.Equal(alone, results.SelectMany(result => result.Images).Select(Identity));
            foreach (GeneratedImage image in results.SelectMany(result => result.Images))
            {
                // Each phase of the plan was at its height with one of the drawings, and no part was above it.
                Assert.Equal(drawings.Length, image.Plan.Prompts);
                Assert.All(image.Timeline.Entries, entry => Assert.InRange(entry.PeakDeviceBytes, 0, image.Plan.PeakBytes));
                Assert.Single(image.Timeline.Entries, entry => entry.Phase == Phase.Condition);
                Assert.Equal(image.Request.Steps, image.Timeline.Entries.Count(entry => entry.Phase == Phase.Sample));
            }
            Assert.Equal(results[0].Images[0].Plan.PeakBytes, results.SelectMany(result => result.Images).Max(image => image.PeakDeviceBytes));
        }
    }

    [Fact]
    public void Components_come_once_for_all_prompts()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { Mode = OffloadMode.Aggressive, PromptCache = PromptCaching.Off }, Stop);
        GeneratedImage[] images = [.. Draw(session, s_drawings).Concat(Draw(session, s_drawings)).SelectMany(result => result.Images)];
        long once = session.Generate(TinyModel.Request, null, Stop).Plan.UploadBytes;
        Assert.Equal(once, images[^1].Plan.UploadBytes);
        // What was moved for all drawings and for the first of them; the others found it there.
        Assert.True(images[^1].UploadedBytes < once);
        Assert.Equal(once, images[5].UploadedBytes);
    }

    [Fact]
    public void Each_result_comes_before_the_next_picture_is_decoded()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        var listener = new RunListener();
        var decoded = new List<int>();
        session.Generate(s_drawings, _ => decoded.Add(listener.Progress.Count(progress => progress.Phase == Phase.Decode)), listener, Stop);
        Assert.Equal([1, 3, 4, 5], decoded);
        Assert.Equal([1, 2, 3, 4], listener.Progress.Where(progress => progress.Phase == Phase.Sample).Select(progress => progress.Drawing).Distinct());
        Assert.All(listener.Progress.Where(progress => progress.Phase == Phase.Sample), progress => Assert.Equal(4, progress.Drawings));
    }

    [Fact]
    public void What_is_wrong_with_one_is_no_matter_of_the_others()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        (ImageRequest Request, int Images)[] drawings = [(TinyModel.Request with { Width = 17 }, 1), s_drawings[0], (TinyModel.Request with { Steps = 0 }, 1), (TinyModel.Request, 99), s_drawings[1]];
        List<DrawingResult> results = Draw(session, drawings);
        Assert.Equal([0, 1, 2, 3, 4], results.Select(result => result.Index));
        Assert.Equal(["InvalidImageSize", null, "InvalidSetting", "InvalidSetting", null], results.Select(result => result.Fault?.ErrorId));
        Assert.Equal([0, 1, 0, 0, 2], results.Select(result => result.Images.Count));
        Assert.Empty(Draw(session, []));
    }

    // The second is too large for the budget: it is the only one that is not drawn.
    [Fact]
    public void What_does_not_fit_is_left_out_alone()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        (ImageRequest Request, int Images)[] drawings = [s_drawings[0], (TinyModel.Request with { Width = 512, Height = 512 }, 1), s_drawings[3]];
        GeneratedImage[] alone = [session.Generate(drawings[0].Request, null, Stop), session.Generate(drawings[2].Request, null, Stop)];
        session.SetOffload(new OffloadOptions { VaeTiling = VaeTiling.Off, VramBudget = MemoryBudget.FromBytes(alone[0].Plan.PeakBytes + (1 << 20)) }, null, Stop);
        List<DrawingResult> results = Draw(session, drawings);
        Assert.Equal([null, "BudgetTooSmall", null], results.Select(result => result.Fault?.ErrorId));
        Assert.Equal(alone.Select(Identity), results.SelectMany(result => result.Images).Select(Identity));
    }

    // Tiles are of one size: pictures of several sizes must not be drawn in those of the largest.
    [Theory]
    [InlineData(VaeTiling.Auto)]
    [InlineData(VaeTiling.On)]
    public void Pictures_of_several_sizes_in_tiles_are_those_made_one_by_one(VaeTiling tiling)
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        ImageRequest large = TinyModel.Request with { Width = 256, Height = 192, Steps = 1 };
        (ImageRequest Request, int Images)[] drawings = [(large, 1), (large with { Height = 32 }, 1), (large with { Width = 128, Height = 128 }, 1)];
        long budget = TinyModel.LeastBudget(session, large, 1, Stop);
        session.SetOffload(new OffloadOptions { VaeTiling = tiling, VaeTileSize = tiling == VaeTiling.On ? 128 : null, VramBudget = tiling == VaeTiling.On ? MemoryBudget.Default : MemoryBudget.FromBytes(budget) }, null, Stop);
        GeneratedImage[] alone = [.. drawings.Select(drawing => session.Generate(drawing.Request, null, Stop))];
        Assert.Equal("Tiles", $"{alone[0].Plan.Decoding.Method}");
        Assert.Equal(alone.Select(Identity), Draw(session, drawings).SelectMany(result => result.Images).Select(Identity));
    }

    [Fact]
    public void What_was_finished_before_a_stop_was_handed_over()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        using var cancel = new CancellationTokenSource();
        var results = new List<DrawingResult>();
        Assert.Throws<GenerationCancelledException>(() => session.Generate(s_drawings, result =>
        {
            results.Add(result);
            if (results.Count == 2)
                cancel.Cancel();
        }, null, cancel.Token));
        Assert.Equal(2, results.Count);
        Assert.Equal(Draw(session, s_drawings).Take(2).SelectMany(result => result.Images).Select(Identity), results.SelectMany(result => result.Images).Select(Identity));
    }

    private static List<DrawingResult> Draw(ModelSession session, IReadOnlyList<(ImageRequest, int)> drawings)
    {
        var results = new List<DrawingResult>();
        session.Generate(drawings, results.Add, null, Stop);
        return results;
    }

    private static (string, string, long) Identity(GeneratedImage image) => (image.LatentHash, image.PixelHash, image.Seed);
}
