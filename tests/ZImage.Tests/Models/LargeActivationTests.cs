using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling.Noise;
using ZImage.Ggml;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Models;

/// <summary>
/// Models whose activations go beyond the range of F16 (65504) in every place where they may, against the same weights as F32 on the CPU,
/// which narrows nothing.
/// </summary>
public sealed class LargeActivationTests : IDisposable
{
    private const float Largest = 65504;

    private readonly TemporaryFolder _folder = new();

    public static IEnumerable<TheoryDataRow<string, GgmlType>> Types()
    {
        foreach (GgmlType type in (GgmlType[])[GgmlType.F16, GgmlType.BF16, GgmlType.Q4_1, GgmlType.Q8_0, GgmlType.Q4_K, GgmlType.Q6_K])
        {
            yield return new("CPU", type);
            foreach (string gpu in ComputeDevice.Gpus)
                yield return new(gpu, type);
        }
        foreach (string gpu in ComputeDevice.Gpus)
            yield return new(gpu, GgmlType.F32);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Transformer_holds(string device, GgmlType type)
    {
        string path = _folder["transformer.gguf"], twin = _folder["f32.gguf"];
        // The rows of v, and all of w3: norms behind attention.out and w2 take the size away again.
        PlantedModels.WriteTransformer(path, type, (name, row) =>
            (name.EndsWith("qkv.weight", StringComparison.Ordinal) && row >= 2 * PlantedModels.Dim) || name.EndsWith("w3.weight", StringComparison.Ordinal) ? 1e5f : 1);
        PlantedModels.Rewrite(path, twin, (_, _) => GgmlType.F32);

        float values = 0, hidden = 0;
        float[] expected = Predict(ComputeDevice.Get("CPU"), twin, tensor =>
        {
            if (tensor.Operation == "FLASH_ATTN_EXT")
                values = MathF.Max(values, tensor.ToFloats().Max(MathF.Abs));
            else if (tensor.Operation == "SWIGLU")
                hidden = MathF.Max(hidden, tensor.ToFloats().Max(MathF.Abs));
        });
        Assert.True(values > Largest && hidden > Largest, $"The largest values are {values} in attention and {hidden} in the feed-forward part.");
        GoldenAssert.RelativeL2($"large activations DiT {type} {device}", "out", expected, Predict(ComputeDevice.Get(device), path, null), Bar(type));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Text_encoder_holds(string device, GgmlType type)
    {
        string path = _folder["text.gguf"], twin = _folder["f32.gguf"];
        PlantedModels.WriteTextEncoder(path, type, (name, _) => name.EndsWith("ffn_up.weight", StringComparison.Ordinal) ? 1e5f : 1);
        PlantedModels.Rewrite(path, twin, (_, _) => GgmlType.F32);

        float[] Encode(ComputeDevice compute, string file) => compute.Run(memory =>
        {
            using ComponentFile component = ComponentFile.Open(file, ComponentKind.TextEncoder);
            using var model = new Qwen3TextEncoder(component, compute.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            return model.Encode([.. Enumerable.Range(7, 40)], memory, null, default);
        });
        float[] expected = Encode(ComputeDevice.Get("CPU"), twin);
        Assert.True(expected.Max(MathF.Abs) > Largest);
        // CUDA rounds the activations of quantised products to 8 bits in blocks, and these have values a thousand times larger than their neighbours.
        double bar = device == "CUDA0" && type is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16) ? 0.1 : Bar(type);
        GoldenAssert.RelativeL2($"large activations Qwen3 {type} {device}", "hidden", expected, Encode(ComputeDevice.Get(device), path), bar);
    }

    [Theory]
    [InlineData("CPU", GgmlType.F16)]
    [InlineData("CUDA0", GgmlType.F16)]
    [InlineData("CUDA0", GgmlType.F32)]
    [InlineData("Vulkan0", GgmlType.F16)]
    [InlineData("Vulkan0", GgmlType.F32)]
    public void Autoencoder_holds(string device, GgmlType type)
    {
        string path = _folder["vae.gguf"], twin = _folder["f32.gguf"];
        // conv_in sets the size of what runs through the levels: shortcuts, enlargements and reductions see it without a norm.
        PlantedModels.Rewrite(Path.Combine(GoldenFile.Folder, "vae-tiny.gguf"), path,
            (name, stored) => name.EndsWith(".weight", StringComparison.Ordinal) && !name.Contains("norm", StringComparison.Ordinal) ? type : stored,
            name => name.Contains("conv_in.", StringComparison.Ordinal) || name.Contains("attn_1.v.", StringComparison.Ordinal) ? 1e5f : 1);
        PlantedModels.Rewrite(path, twin, (_, _) => GgmlType.F32);
        float[] latent = Noise(16 * 8 * 8), image = Noise(3 * 64 * 64);

        (float[] Image, float[] Mean) Run(ComputeDevice compute, string file, Action<StageResult>? afterStage) => compute.Run(memory =>
        {
            using ComponentFile component = ComponentFile.Open(file, ComponentKind.Autoencoder);
            using var model = new Autoencoder(component, compute.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            return (model.Decode(latent, 8, 8, memory, afterStage, default), model.Encode(image, 64, 64, memory, default).Mean);
        });
        var largest = new Dictionary<string, float>();
        (float[] expectedImage, float[] expectedMean) = Run(ComputeDevice.Get("CPU"), twin, stage => largest[stage.Name] = stage.Values.Max(MathF.Abs));
        Assert.All((string[])["decoder.mid", "decoder.up.3", "decoder.up.2", "decoder.up.1"], stage => Assert.True(largest[stage] > Largest, $"{stage}: {largest[stage]}"));
        (float[] actualImage, float[] actualMean) = Run(ComputeDevice.Get(device), path, null);
        GoldenAssert.RelativeL2($"large activations VAE {type} {device}", "image", expectedImage, actualImage, Bar(GgmlType.F16));
        GoldenAssert.RelativeL2($"large activations VAE {type} {device}", "mean", expectedMean, actualMean, Bar(GgmlType.F16));
    }

    private static float[] Predict(ComputeDevice compute, string file, Action<Tensor>? look) => compute.Run(memory =>
    {
        const int Size = 8, CaptionTokens = 20;
        using ComponentFile component = ComponentFile.Open(file, ComponentKind.Transformer);
        using var model = new Transformer(component, compute.Backend);
        using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
        using var run = new TransformerRun(model, memory, Size, Size, CaptionTokens);
        run.Allocate();
        Graph[] graphs = [.. run.Graphs];
        static IEnumerable<Tensor> Nodes(Graph graph) => Enumerable.Range(0, graph.NodeCount).Select(graph.Node);
        if (look is not null)
        {
            // Nothing is overwritten before it was looked at.
            foreach (Tensor node in graphs.SelectMany(Nodes))
                node.AsOutput();
            int done = 0;
            run.AfterBlock = _ => Nodes(graphs[done++]).ToList().ForEach(look);
        }
        using var buffer = new ComputeBuffer(memory, [.. run.Graphs], "test");
        run.SetCaption(Noise(CaptionTokens * PlantedModels.Dim), default);
        var output = new float[Size * Size * PlantedModels.Channels];
        run.Predict(Noise(output.Length), 0.4f, output, default);
        return output;
    });

    // Weights are the same on both sides: what differs is the rounding of activations.
    private static double Bar(GgmlType type) => type switch
    {
        GgmlType.F32 or GgmlType.F16 => 5e-3,
        GgmlType.BF16 => 2e-2,
        _ => 4e-2,
    };

    private static float[] Noise(int count)
    {
        var values = new float[count];
        new PhiloxNoise(7).Fill(values);
        return values;
    }
}
