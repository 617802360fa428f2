using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Models;

/// <summary>The autoencoder with all activations on the device, for tests that look at something else.</summary>
internal static class WholeImage
{
    public static float[] Decode(this Autoencoder model, ReadOnlySpan<float> latent, int width, int height, DeviceMemory memory, Action<StageResult>? afterStage, CancellationToken cancellation)
        => model.Decode(latent, width, height, memory, RamFor(memory), ImageWay.Whole, afterStage, cancellation);

    public static (float[] Mean, float[] LogVariance) Encode(this Autoencoder model, float[] image, int width, int height, DeviceMemory memory, CancellationToken cancellation)
        => model.Encode(image, width, height, memory, RamFor(memory), ImageWay.Whole, cancellation);

    /// <summary>A fresh account of host memory.</summary>
    public static MemoryAccount RamFor(DeviceMemory memory) => new("RAM", BufferType.PinnedFor(memory.Backend.Device));
}
