using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Models;

namespace ZImage.Tests.Generation;

/// <summary>Sessions of the tiny golden models, whose pictures take milliseconds.</summary>
internal static class TinyModel
{
    /// <summary>A picture of 16x16 in three steps.</summary>
    public static ImageRequest Request { get; } = new()
    {
        Prompt = "a cat",
        Width = 16,
        Height = 16,
        Steps = 3,
        Sampler = "euler",
        Scheduler = "smoothstep",
        Shift = 3,
        Seed = 42,
    };

    public static ModelFiles Files()
        => new(Path.Combine(GoldenFile.Folder, "dit-tiny.gguf"), Path.Combine(GoldenFile.Folder, "qwen3-tiny.gguf"), Path.Combine(GoldenFile.Folder, "vae-tiny.gguf"));

    /// <summary>A session on a device, which is skipped where it is absent; the CPU copies its weights as a card does.</summary>
    public static ModelSession Open(string device, OffloadOptions offload, CancellationToken cancellation)
    {
        _ = ComputeDevice.Get(device);
        return ModelSession.Open(Files(), Devices.Find(device), new SessionOptions { Threads = 1, Offload = offload, CopiesWeights = device == "CPU" }, null, cancellation);
    }

    /// <summary>The smallest budget in which pictures can be made, by streaming.</summary>
    public static long LeastBudget(ModelSession session, ImageRequest request, int images, CancellationToken cancellation)
    {
        long low = 0, high = session.Plan(request, [OffloadMode.Aggressive], images, false, null, cancellation)[0].PeakBytes;
        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            if (session.Plan(request, [OffloadMode.LayerStreaming], images, false, null, cancellation, MemoryBudget.FromBytes(middle))[0].Fits)
                high = middle;
            else
                low = middle;
        }
        return high;
    }
}

/// <summary>Notes what a run says, and cancels it when it comes to a phase.</summary>
internal sealed class RunListener(Phase? stopAt = null, CancellationTokenSource? stop = null) : IGenerationObserver
{
    public List<GenerationProgress> Progress { get; } = [];

    public List<(MessageLevel Level, string Text)> Messages { get; } = [];

    public IEnumerable<string> Warnings => Messages.Where(message => message.Level == MessageLevel.Warning).Select(message => message.Text);

    public void OnProgress(GenerationProgress progress)
    {
        Progress.Add(progress);
        if (progress.Phase == stopAt)
            stop!.Cancel();
    }

    public void OnMessage(MessageLevel level, string text) => Messages.Add((level, text));
}
