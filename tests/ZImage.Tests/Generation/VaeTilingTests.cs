using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Generation;

/// <summary>How a session decodes: exactly as long as any exact way fits, in tiles where none does or they are asked for.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class VaeTilingTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    // So large that decoding, not sampling, takes the most memory.
    private static readonly ImageRequest s_large = TinyModel.Request with { Width = 256, Height = 192, Steps = 1 };

    [Fact]
    public void A_smaller_budget_is_decoded_whole_then_in_strips_then_in_tiles()
    {
        using ModelSession session = TinyModel.Open("CPU", Options(VaeTiling.Auto), Stop);
        MemoryPlan whole = Plan(session, 1L << 40);
        Assert.Equal(ImageMethod.Whole, whole.Decoding.Method);
        var methods = new List<ImageMethod>();
        long budget = whole.PeakBytes;
        for (MemoryPlan plan = whole; plan.Fits; plan = Plan(session, budget = budget * 31 / 32))
        {
            if (methods.LastOrDefault() != plan.Decoding.Method || methods.Count == 0)
                methods.Add(plan.Decoding.Method);
            Assert.Equal(plan.Decoding.Method == ImageMethod.Strips, plan.ActivationBytes > 0);
        }
        Assert.Equal([ImageMethod.Whole, ImageMethod.Strips, ImageMethod.Tiles], methods);
    }

    [Fact]
    public void Strips_draw_the_same_picture_with_the_memory_of_the_plan()
    {
        using ModelSession session = TinyModel.Open("CPU", Options(VaeTiling.Off), Stop);
        GeneratedImage whole = session.Generate(s_large, null, Stop);
        for (long budget = whole.PeakDeviceBytes - 1; Plan(session, budget).Fits; budget = budget * 7 / 8)
        {
            session.SetOffload(Options(VaeTiling.Off, budget), null, Stop);
            GeneratedImage image = session.Generate(s_large, null, Stop);
            Assert.Equal((whole.LatentHash, whole.PixelHash), (image.LatentHash, image.PixelHash));
            Assert.Equal(image.Plan.PeakBytes, image.PeakDeviceBytes);
            Assert.Equal(0, session.HostBytes);
        }
        BudgetTooSmallException fault = Assert.Throws<BudgetTooSmallException>(() =>
        {
            session.SetOffload(Options(VaeTiling.Off, 1 << 20), null, Stop);
            session.Generate(s_large, null, Stop);
        });
        Assert.Contains("VaeTiling", fault.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiles_are_taken_when_they_are_asked_for()
    {
        using ModelSession session = TinyModel.Open("CPU", Options(VaeTiling.Off), Stop);
        GeneratedImage whole = session.Generate(s_large, null, Stop);
        session.SetOffload(Options(VaeTiling.On) with { VaeTileSize = 128 }, null, Stop);
        GeneratedImage tiled = session.Generate(s_large, null, Stop);
        Assert.Equal(whole.LatentHash, tiled.LatentHash);
        Assert.NotEqual(whole.PixelHash, tiled.PixelHash);
        Assert.Equal((ImageMethod.Tiles, 128, 6), (tiled.Plan.Decoding.Method, tiled.Plan.Decoding.TileSize, tiled.Plan.Decoding.Passes));
        Assert.Equal(tiled.Plan.PeakBytes, tiled.PeakDeviceBytes);
        // A picture that is not larger than a tile is exact.
        ImageRequest small = s_large with { Width = 128, Height = 96 };
        string exact = session.Generate(small, null, Stop).PixelHash;
        session.SetOffload(Options(VaeTiling.Off), null, Stop);
        Assert.Equal(exact, session.Generate(small, null, Stop).PixelHash);
    }

    // Weights that are streamed pass through the slots once for each tile.
    [Fact]
    public void What_tiles_move_is_planned()
    {
        using ModelSession session = TinyModel.Open("CPU", Options(VaeTiling.On) with { VaeTileSize = 64 }, Stop);
        long least = TinyModel.LeastBudget(session, s_large, 1, Stop);
        session.SetOffload(Options(VaeTiling.On, least) with { VaeTileSize = 64 }, null, Stop);
        session.Generate(s_large, null, Stop);
        GeneratedImage second = session.Generate(s_large, null, Stop);
        Assert.Equal(second.Plan.UploadBytes, second.UploadedBytes);
        Assert.Equal(second.Plan.PeakBytes, second.PeakDeviceBytes);
        Assert.True(second.Plan.Decoding.Passes > 1);
    }

    [Theory]
    [InlineData(100, 0.25f)]
    [InlineData(48, 0.25f)]
    [InlineData(128, -0.1f)]
    [InlineData(128, 0.51f)]
    [InlineData(128, float.NaN)]
    public void Tiles_that_make_no_sense_are_refused(int size, float overlap)
    {
        using ModelSession session = TinyModel.Open("CPU", Options(VaeTiling.Auto), Stop);
        Assert.Throws<InvalidSettingException>(() => session.SetOffload(Options(VaeTiling.On) with { VaeTileSize = size, VaeTileOverlap = overlap }, null, Stop));
        Assert.Equal(VaeTiling.Auto, session.Offload.VaeTiling);
    }

    private static OffloadOptions Options(VaeTiling tiling, long? budget = null) => new()
    {
        Mode = OffloadMode.LayerStreaming,
        VaeTiling = tiling,
        PromptCache = PromptCaching.Off,
        Strict = true,
        VramBudget = budget is { } bytes ? MemoryBudget.FromBytes(bytes) : MemoryBudget.Default,
    };

    private static MemoryPlan Plan(ModelSession session, long budget)
        => session.Plan(s_large, [OffloadMode.LayerStreaming], 1, false, null, Stop, MemoryBudget.FromBytes(budget))[0];
}
