using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Demo;
using ZImage.Tests.Models;

namespace ZImage.Tests.Measuring;

/// <summary>The table of eight rows: its settings, and with the demo model what it gives.</summary>
public sealed class VramOffloadSuiteTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public void The_rows_are_those_of_the_benchmark()
    {
        var own = new OffloadOptions { Mode = OffloadMode.Aggressive, VaeOnCpu = true, RamBudget = MemoryBudget.Parse("4GB"), VramBudget = MemoryBudget.Parse("12GB") };
        IReadOnlyList<MeasureConfiguration> rows = VramOffloadSuite.Rows(own, BenchmarkSession.Request());

        Assert.Equal(
            [
                "1 None", "2 None + tiling", "3 CondOnly", "4 CondOnly + tiling", "5 None, text encoder on CPU + tiling",
                "6 None, text encoder and VAE on CPU + tiling", "7 CondOnly, VAE on CPU + tiling", "8 CondOnly + tiling, again",
            ],
            rows.Select(row => $"{row.Number} {row.Name}"));
        Assert.All(rows, row => Assert.Equal((true, PromptCaching.Off), (row.Offload.Strict, row.Offload.PromptCache)));
        Assert.All(rows, row => Assert.Equal((own.RamBudget, own.VramBudget), (row.Offload.RamBudget, row.Offload.VramBudget)));
        Assert.Equal(rows[3].Offload, rows[7].Offload);
        Assert.Equal([VaeTiling.Off, VaeTiling.On, VaeTiling.Off], rows.Take(3).Select(row => row.Offload.VaeTiling));
        Assert.Equal((OffloadMode.None, true, true), (rows[5].Offload.Mode, rows[5].Offload.TextEncoderOnCpu, rows[5].Offload.VaeOnCpu));
    }

    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(2048, 1024)]
    [InlineData(128, 128)]
    public void The_settings_are_those_of_the_benchmark_at_the_size_of_a_smaller_model(int side, int expected)
        => Assert.Equal(new ModelDefaults(expected, expected, 9, "euler", "smoothstep", 3, 1), VramOffloadSuite.Settings(new ModelDefaults(side, side, 20, "heun", "karras", 3, 1)));

    [Fact]
    public void The_budget_of_a_small_model_is_scaled_or_what_CondOnly_needs()
    {
        using ModelSession session = BenchmarkSession.Open();
        MemoryBudget Budget(int size) => VramOffloadSuite.Budget(session, BenchmarkSession.Request(size), null, Stop);
        long scaled = (long)((decimal)((12L << 30) - (1792L << 20)) * session.Components.Sum(component => component.Bytes) / (10482L << 20));
        foreach (int size in (int[])[16, 256])
        {
            MemoryPlan plan = session.Plan(BenchmarkSession.Request(size), [OffloadMode.CondOnly], 1, false, null, Stop, Budget(size))[0];
            Assert.True(plan.Fits);
            Assert.Equal(plan.PeakBytes > scaled || plan.PeakBytes == Budget(size).Bytes ? plan.PeakBytes : scaled, Budget(size).Bytes);
        }
        Assert.True(Budget(256).Bytes > Budget(16).Bytes);
    }

    // What is on the CPU in part draws nearly the same latent, and all the rest exactly the same.
    [Fact]
    public void With_the_demo_model_two_rows_do_not_fit_and_six_draw_the_picture()
    {
        _ = ComputeDevice.Get("Vulkan0");
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Find("Vulkan0"), new SessionOptions(), null, Stop);
        // A part of the suite's picture: the software device is slow.
        ImageRequest request = BenchmarkSession.Request(32);
        OffloadOptions options = session.Offload with { VramBudget = VramOffloadSuite.Budget(session, request, null, Stop) };
        IReadOnlyList<MeasureConfiguration> rows = VramOffloadSuite.Rows(options, request);
        List<GenerationMeasurement> runs = BenchmarkSession.Run(session, new BenchmarkOptions { Warmup = 0 }, null, [.. rows]);

        Assert.Equal(Enumerable.Range(1, 8), runs.Select(run => run.Number));
        Assert.Equal([MeasurementResult.OutOfMemory, MeasurementResult.OutOfMemory, .. Enumerable.Repeat(MeasurementResult.Success, 6)], runs.Select(run => run.Result));
        Assert.All(runs[..2], run => Assert.Equal(("BudgetTooSmall", null), (run.ErrorId, run.UploadedBytes)));
        Assert.Single(new[] { runs[2], runs[3], runs[6], runs[7] }.Select(run => run.LatentHash).Distinct());
        Assert.Equal(runs[4].LatentHash, runs[5].LatentHash);
        Assert.Equal(runs[3].PixelHash, runs[7].PixelHash);
        Assert.All(runs[2..], run => Assert.Equal(run.PredictedPeakBytes, run.PeakDeviceBytes));
        Assert.All(runs[2..], run => Assert.InRange(run.PeakDeviceBytes!.Value, 1, options.VramBudget.Bytes));
        Assert.Equal(new OffloadOptions(), session.Offload);
    }
}
