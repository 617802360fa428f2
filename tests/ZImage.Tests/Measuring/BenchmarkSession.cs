using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Models;

namespace ZImage.Tests.Measuring;

/// <summary>A small model on the CPU whose weights are copied as on a card, and what is measured on it.</summary>
internal static class BenchmarkSession
{
    public static ModelSession Open() => ModelSession.Open(
        new ModelFiles(Path.Combine(GoldenFile.Folder, "dit-tiny.gguf"), Path.Combine(GoldenFile.Folder, "qwen3-tiny.gguf"), Path.Combine(GoldenFile.Folder, "vae-tiny.gguf")),
        Devices.Cpu, new SessionOptions { Threads = 1, CopiesWeights = true, Offload = new OffloadOptions { Mode = OffloadMode.CondOnly } }, null, CancellationToken.None);

    public static ImageRequest Request(int size = 16, int steps = 2) => new()
    {
        Prompt = "a cat",
        Width = size,
        Height = size,
        Steps = steps,
        Sampler = "euler",
        Scheduler = "smoothstep",
        Shift = 3,
        Seed = 42,
    };

    public static MeasureConfiguration Configuration(OffloadMode mode, ImageRequest? request = null, long? budget = null)
        => new($"{mode}", new OffloadOptions
        {
            Mode = mode,
            VramBudget = budget is { } bytes ? MemoryBudget.FromBytes(bytes) : MemoryBudget.Default,
            Strict = true,
            PromptCache = PromptCaching.Off,
        }, request ?? Request());

    /// <summary>All that a benchmark gives.</summary>
    public static List<GenerationMeasurement> Run(ModelSession session, BenchmarkOptions options, IGenerationObserver? observer, params MeasureConfiguration[] configurations)
    {
        using var benchmark = new GenerationBenchmark(session, configurations, options);
        var runs = new List<GenerationMeasurement>();
        while (benchmark.Next is not null)
        {
            if (benchmark.Measure(observer, TestContext.Current.CancellationToken) is { } run)
                runs.Add(run);
        }
        return runs;
    }
}

/// <summary>Counts what runs say, and calls back.</summary>
internal sealed class RunCounter(Action<GenerationProgress>? onProgress = null) : IGenerationObserver
{
    public int Runs { get; private set; }

    public List<string> Warnings { get; } = [];

    public void OnProgress(GenerationProgress progress)
    {
        if (progress.Phase == Phase.Tokenize)
            Runs++;
        onProgress?.Invoke(progress);
    }

    public void OnMessage(MessageLevel level, string text)
    {
        if (level == MessageLevel.Warning)
            Warnings.Add(text);
    }
}
