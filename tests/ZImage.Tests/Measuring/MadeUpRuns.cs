using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Measuring;

/// <summary>Measurements that nobody made, with figures that are easy to follow.</summary>
internal static class MadeUpRuns
{
    public const long Mib = 1 << 20, Gib = 1 << 30;

    public static MeasurementContext Context { get; } = new(new DateTimeOffset(2030, 2, 3, 4, 5, 6, TimeSpan.Zero), new MeasuredEnvironment
    {
        System = "Some System 12, X64",
        Framework = ".NET 10.0.1",
        Version = "0.1.0",
        GgmlVersion = "0.23.0",
        Cpu = "A Processor",
        Processors = 16,
        CpuFeatures = ["AVX2", "FMA"],
        RamBytes = 64 * Gib,
        Device = "CUDA0",
        Backend = BackendKind.Cuda,
        DeviceName = "Some Card 12GB",
        DeviceTotalBytes = 12 * Gib,
        DeviceFreeBytes = 11 * Gib,
        Driver = "580.95",
    }, new MeasuredModel("turbo",
    [
        Component(ComponentKind.Transformer, "/home/somebody/models/turbo.gguf", 6_150_000_000, 6200 * Mib, ("Q8_0", 6199 * Mib), ("F32", Mib)),
        Component(ComponentKind.TextEncoder, "/home/somebody/models/qwen3.gguf", 3_500_000_000, 3500 * Mib, ("Q8_0", 3500 * Mib)),
        Component(ComponentKind.Autoencoder, "/home/somebody/models/ae.gguf", 84_000_000, 160 * Mib, ("F16", 160 * Mib)),
    ], null));

    public static ImageRequest Request { get; } = new() { Prompt = "a cat", Width = 1024, Height = 1024, Steps = 4, Sampler = "euler", Scheduler = "smoothstep", Shift = 3, Seed = 42 };

    public static MeasureConfiguration Configuration(int number, OffloadMode mode, VaeTiling tiling = VaeTiling.Off, bool vaeOnCpu = false, string? name = null)
    {
        var options = new OffloadOptions { Mode = mode, VaeTiling = tiling, VaeOnCpu = vaeOnCpu, VramBudget = MemoryBudget.FromBytes(12 * Gib) };
        return new MeasureConfiguration(name ?? MeasureConfiguration.NameOf(options), options, Request) { Number = number };
    }

    /// <summary>A run of 4 steps: condition 1 s, steps as given, and what is left to decode; an offload of 0.5 s before the steps, which wait for <paramref name="waited"/> s.</summary>
    public static GenerationMeasurement Success(MeasureConfiguration configuration, double seconds, double step, long peak, int run = 1, double waited = 0, string hash = "AA") => Blank(configuration, MeasurementResult.Success) with
    {
        Run = run,
        DurationSeconds = seconds,
        LoadSeconds = 2,
        ConditionSeconds = 1,
        OffloadSeconds = 0.5,
        ReloadSeconds = waited,
        StepSeconds = [step, step, step, step],
        DecodeSeconds = seconds - 1.5 - 4 * step,
        PeakDeviceBytes = peak,
        PeakHostBytes = 300 * Mib,
        UploadedBytes = 700 * Mib,
        PredictedSeconds = seconds * 1.1,
        PredictedPeakBytes = peak,
        PixelHash = hash,
        LatentHash = "L",
        Plan = Plan(configuration, peak),
        Timeline = new Timeline(
        [
            new(Phase.Condition, "prompt", 0, 1, 3500 * Mib, 3600 * Mib, 0),
            new(Phase.Offload, "before Sample", 1, 0.5, 3500 * Mib, 3500 * Mib, 0),
            .. Enumerable.Range(0, 4).Select(i => new TimelineEntry(Phase.Sample, $"step {i + 1}", 1.5 + i * step, step, peak - 500 * Mib, peak - 400 * Mib, 0, waited / 4)),
            new(Phase.Decode, "image", 1.5 + 4 * step, seconds - 1.5 - 4 * step, peak - 500 * Mib, peak, 0),
        ]),
    };

    public static GenerationMeasurement OutOfMemory(MeasureConfiguration configuration, long needed) => Blank(configuration, MeasurementResult.OutOfMemory) with
    {
        Reason = $"It needs {needed} bytes.",
        ErrorId = "BudgetTooSmall",
        PredictedPeakBytes = needed,
        Plan = Plan(configuration, needed),
    };

    public static GenerationMeasurement Ended(MeasureConfiguration configuration, MeasurementResult result, string reason)
        => Blank(configuration, result) with { Reason = reason, ErrorId = "X", DurationSeconds = 30 };

    /// <summary>Rows of every kind: 1 does not fit, 2 is fastest, 3 is it in tiles, 4 has its autoencoder on the CPU, 5 took too long, 6 failed.</summary>
    public static IReadOnlyList<GenerationMeasurement> Suite { get; } =
    [
        OutOfMemory(Configuration(1, OffloadMode.None), 14 * Gib),
        Success(Configuration(2, OffloadMode.CondOnly), 10, 2, 11 * Gib, run: 1),
        Success(Configuration(2, OffloadMode.CondOnly), 10.4, 2, 11 * Gib, run: 2),
        Success(Configuration(2, OffloadMode.CondOnly), 9.8, 2, 11 * Gib, run: 3),
        Success(Configuration(3, OffloadMode.CondOnly, VaeTiling.On), 10.5, 2, 8 * Gib, waited: 0.8, hash: "BB"),
        Success(Configuration(4, OffloadMode.CondOnly, vaeOnCpu: true), 40, 2, 7 * Gib),
        Ended(Configuration(5, OffloadMode.LayerStreaming), MeasurementResult.Timeout, "It took longer than 30 s and was stopped."),
        Ended(Configuration(6, OffloadMode.Aggressive), MeasurementResult.Failed, "Something | broke: <&>."),
    ];

    private static GenerationMeasurement Blank(MeasureConfiguration configuration, MeasurementResult result) => new()
    {
        Model = "turbo",
        Device = "CUDA0",
        Context = Context,
        Number = configuration.Number!.Value,
        Run = 1,
        Configuration = configuration.Name,
        Settings = configuration,
        Result = result,
        DurationSeconds = 0,
    };

    private static ComponentSummary Component(ComponentKind kind, string path, long parameters, long bytes, params (string Type, long Bytes)[] types)
        => new(kind, path, parameters, bytes, types.ToDictionary(type => type.Type, type => type.Bytes));

    private static MemoryPlan Plan(MeasureConfiguration configuration, long peak) => new()
    {
        RequestedMode = configuration.Offload.Mode,
        Mode = configuration.Offload.Mode,
        Device = "CUDA0",
        Width = 1024,
        Height = 1024,
        BatchSize = 1,
        Prompts = 1,
        Decoding = configuration.Offload.VaeTiling == VaeTiling.On ? ImageWay.Tiles(128, 128, 8, 512, 0.25f) : ImageWay.Whole,
        Steps = 4,
        BudgetBytes = 12 * Gib,
        HostBytes = 0,
        RereadBytes = 0,
        Phases = [new PhasePlan { Phase = Phase.Decode, Component = ComponentKind.Autoencoder, Device = "CUDA0", WeightBytes = peak - Gib, SlotBytes = 0, WorkspaceBytes = Gib, UploadBytes = 0, ResidentBlocks = 0, StreamedBlocks = 0 }],
    };
}
