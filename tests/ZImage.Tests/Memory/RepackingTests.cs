using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;
using ZImage.Tests.Generation;
using ZImage.Tests.Models;

namespace ZImage.Tests.Memory;

/// <summary>Weights of the transformer that the CPU keeps in the order of its kernels.</summary>
public sealed class RepackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(GgmlType.Q4_0)]
    [InlineData(GgmlType.Q4_K)]
    [InlineData(GgmlType.IQ4_NL)]
    public void Repacked_weights_are_counted_and_compute_what_those_in_place_do(GgmlType type)
    {
        string path = Transformer(type);
        float[] inPlace = Predict(path, repacks: false, residency => Assert.Empty(residency.Repacked));
        float[] repacked = Predict(path, repacks: true, residency =>
        {
            Assert.SkipUnless(residency.Repacked.Count > 0, $"This processor has no such kernels for {type}.");
            Assert.All(residency.Repacked, weight => Assert.Equal(type, weight.Tensor.Type));
            long bytes = residency.Repacked.Sum(weight => weight.Tensor.Bytes);
            Assert.Equal(residency.Weights.Bytes - residency.MappedBytes, bytes);
            Assert.InRange(residency.Memory.Bytes, bytes, bytes + 4096 * residency.Weights.Blocks.Count);
            Assert.Equal(residency.Weights.Blocks.Sum(residency.BytesOf), residency.Memory.Bytes);
        });
        // Activations are rounded to 8 bits on the way, and what differs in its last digit may round to the neighbour.
        GoldenAssert.RelativeL2($"repacked {type}", "prediction", inPlace, repacked, 1e-2);
    }

    [Theory]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.Q8_0)]
    public void Types_without_such_kernels_stay_in_place(GgmlType type) => Predict(Transformer(type), repacks: true, residency =>
    {
        Assert.Empty(residency.Repacked);
        Assert.Equal(0, residency.Memory.Bytes);
    });

    [Fact]
    public void Pictures_are_the_same_wherever_the_weights_rest_and_a_message_says_what_is_copied()
    {
        ModelFiles tiny = TinyModel.Files();
        string path = _folder["q4_0.gguf"];
        PlantedModels.Rewrite(tiny.Diffusion, path, (name, stored) => name.Contains("feed_forward", StringComparison.Ordinal) ? GgmlType.Q4_0 : stored);
        var files = new ModelFiles(path, tiny.TextEncoder, tiny.Vae);
        var hashes = new List<string>();
        foreach ((bool copies, OffloadMode mode) in ((bool, OffloadMode)[])[(false, OffloadMode.None), (false, OffloadMode.LayerStreaming), (true, OffloadMode.None), (true, OffloadMode.LayerStreaming), (true, OffloadMode.Aggressive)])
        {
            var listener = new RunListener();
            using ModelSession session = ModelSession.Open(files, Devices.Cpu, new SessionOptions { Threads = 1, CopiesWeights = copies, Offload = new OffloadOptions { Mode = mode } }, listener, Stop);
            Assert.SkipUnless(listener.Messages.Any(message => message.Level == MessageLevel.Verbose && message.Text.StartsWith("Q4_0 weights", StringComparison.Ordinal)), "This processor has no kernels for repacked Q4_0.");
            if (mode == OffloadMode.LayerStreaming)
                session.SetOffload(new OffloadOptions { Mode = mode, VramBudget = MemoryBudget.FromBytes(TinyModel.LeastBudget(session, TinyModel.Request, 1, Stop)) }, null, Stop);
            GeneratedImage image = session.Generate(TinyModel.Request, null, Stop);
            Assert.Equal(image.Plan.PeakBytes, image.PeakDeviceBytes);
            hashes.Add(image.PixelHash);
        }
        Assert.Single(hashes.Distinct());
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Transformer(GgmlType type)
    {
        string path = _folder["transformer.gguf"];
        PlantedModels.WriteTransformer(path, type, (_, _) => 1);
        return path;
    }

    private static float[] Predict(string file, bool repacks, Action<WeightResidency> look) => ComputeDevice.Get("CPU").Thread.Run(
        () => TransformerPrediction.Of(file, new DeviceMemory(ComputeDevice.Get("CPU").Backend) { Repacks = repacks }, size: 8, look));
}
