using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// How 3x3 convolutions of planar images are computed on a device: as products over gathered patches, or directly. Measured once for a device and a file and kept in
/// <see cref="CacheFolder.Convolutions"/>, never chosen by a budget, because the order of sums differs. On CUDA the products are always faster (direct kernels
/// there use no matrix units), so only Vulkan, whose drivers differ, is measured.
/// </summary>
/// <param name="IsDirect">Whether they are computed directly.</param>
/// <param name="Speedup">How much faster the direct way was; null where nothing was measured.</param>
public sealed record ConvolutionPath(bool IsDirect, double? Speedup)
{
    // A picture should not depend on what else ran while it was measured.
    private const double ClearlyFaster = 1.25;
    private const string Direct = "direct", Patches = "gathered";
    private const int ImageSize = 32, Kernel = 3, Runs = 3;

    private static readonly ConcurrentDictionary<(string Device, string Description, GgmlType Type, long Inputs, long Outputs), ConvolutionPath> s_known = [];

    internal static ConvolutionPath Gathered { get; } = new(false, null);

    /// <summary>For a device and a file, by the largest of the file's kernels.</summary>
    internal static ConvolutionPath For(ModelWeights weights)
    {
        Device device = weights.Backend.Device;
        if (device.Backend != BackendKind.Vulkan)
            return Gathered;
        Tensor kernel = weights.Blocks.SelectMany(block => block.Weights).Select(weight => weight.Tensor).Where(t => t.Ne(0) == Kernel && t.Ne(1) == Kernel).MaxBy(t => t.Bytes);
        var key = (device.Name, device.Description, kernel.Type, kernel.Ne(2), kernel.Ne(3));
        return s_known.TryGetValue(key, out ConvolutionPath? known) ? known : s_known.GetOrAdd(key, Remembered(FormattableString.Invariant($"{key} {Devices.GgmlVersion}"), () => Measure(weights.Backend, kernel)));
    }

    /// <summary>For verbose output.</summary>
    public override string ToString() => (IsDirect ? "Convolutions are computed directly" : "Convolutions are products over gathered patches")
        + (Speedup is { } speedup ? string.Create(CultureInfo.InvariantCulture, $" (direct: {speedup:F2}x as fast).") : ".");

    // A picture that is drawn again tomorrow should be the same, so what was measured stays. A folder that cannot be written is done without.
    internal static ConvolutionPath Remembered(string key, Func<ConvolutionPath> measure)
    {
        string path = Path.Combine(CacheFolder.Convolutions, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + ".txt");
        try
        {
            if (File.Exists(path) && File.ReadAllText(path).Split(' ') is [Direct or Patches, _] words && double.TryParse(words[1], CultureInfo.InvariantCulture, out double speedup))
                return new ConvolutionPath(words[0] == Direct, speedup);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        ConvolutionPath measured;
        try
        {
            measured = measure();
        }
        catch (ZImageException e) when (e is DeviceOutOfMemoryException or BufferTooLargeException)
        {
            return Gathered;
        }
        try
        {
            if (measured.Speedup is { } faster)
            {
                Directory.CreateDirectory(CacheFolder.Convolutions);
                File.WriteAllText(path, FormattableString.Invariant($"{(measured.IsDirect ? Direct : Patches)} {faster:F3}"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return measured;
    }

    private static ConvolutionPath Measure(Backend backend, Tensor like)
    {
        // Some 20 MiB for a moment, which belong to no picture.
        var memory = new DeviceMemory(backend);
        using var state = new StateBuffer(memory);
        Tensor kernel = state.Add("kernel", like.Type, Kernel, Kernel, like.Ne(2), like.Ne(3));
        Tensor x = state.Add("image", GgmlType.F32, ImageSize, ImageSize, like.Ne(2));
        using BlockGraph gathered = Graph(c => PlanarConvolution.Product(c, kernel, x, 1, 1, 1)), direct = Graph(c => c.Conv2D(kernel, x, 1, 1, 1));
        if (!backend.Supports(direct.Results[0]))
            return Gathered;
        state.Allocate("measuring convolutions");
        using var compute = new ComputeBuffer(memory, [gathered.Graph, direct.Graph], "measuring convolutions");
        (double Gathered, double Direct) best = (double.MaxValue, double.MaxValue);
        // The first run compiles kernels.
        for (int run = 0; run <= Runs; run++)
        {
            (double Gathered, double Direct) seconds = (Seconds(gathered), Seconds(direct));
            if (run > 0)
                best = (Math.Min(best.Gathered, seconds.Gathered), Math.Min(best.Direct, seconds.Direct));
        }
        double speedup = best.Gathered / best.Direct;
        return new ConvolutionPath(speedup >= ClearlyFaster, speedup);

        static BlockGraph Graph(Func<Context, Tensor> build) => new(new Block("convolution"), "convolution", c => [build(c)], nodes: 16);

        double Seconds(BlockGraph graph)
        {
            long start = Stopwatch.GetTimestamp();
            backend.Compute(graph.Graph);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
