using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Csv;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.Bench;

/// <summary>The parts of a generation that are not the device's work, for a picture of 1024x1024 and a model of the tiny size: time and allocations.</summary>
public class PartBenchmarks
{
    private const string FolderVariable = "ZIMAGE_BENCH_MODEL";
    private const int Pixels = 1024, Latent = Pixels / 8, Channels = 16;
    private const string Prompt =
        "A photograph of an old lighthouse on a cliff at dusk, waves breaking below, warm light in its window, low clouds, gulls in the distance, "
        + "wet stones in the foreground, 35 mm, shallow depth of field; a sign at the path reads \"Nordkap 71° 10′\".";

    // Made once for all: every benchmark runs in this process.
    private static readonly Lazy<ModelFolder> s_model = new(() => ModelFolder.Find(Environment.GetEnvironmentVariable(FolderVariable)!));
    private static readonly Lazy<Qwen3Tokenizer> s_tokenizer = new(BuildTokenizerOf);
    private static readonly Lazy<ModelSession> s_session = new(() =>
        ModelSession.Open(new ModelFiles(s_model.Value.Transformer, s_model.Value.TextEncoder, s_model.Value.Autoencoder), Devices.Cpu, new SessionOptions(), null, CancellationToken.None));
    private static readonly Lazy<(Transformer Model, DeviceMemory Memory)> s_transformer = new(PlaceTransformer);

    private readonly float[] _latent = Noise(NoiseGenerator.Cuda);
    private readonly float[] _patches = new float[Latent * Latent * Channels];
    private readonly float[] _planes = [.. Enumerable.Range(0, 3 * Pixels * Pixels).Select(i => MathF.Sin(i * 0.01f))];
    private readonly ImageRequest _request = new()
    {
        Prompt = Prompt,
        Width = Pixels,
        Height = Pixels,
        Steps = 9,
        Sampler = "euler",
        Scheduler = "smoothstep",
        Shift = 3,
        Seed = 42,
    };
    private PixelImage? _picture;

    /// <summary>Runs all benchmarks and prints their table.</summary>
    /// <param name="modelFolder">A model of the tiny size.</param>
    /// <param name="reportFolder">Takes log and table.</param>
    /// <returns>0, or 1 where a benchmark failed.</returns>
    public static int Run(string modelFolder, string reportFolder)
    {
        Environment.SetEnvironmentVariable(FolderVariable, modelFolder);
        Directory.CreateDirectory(reportFolder);
        Summary summary;
        using (var log = new StreamLogger(Path.Combine(reportFolder, "parts.log")))
        {
            // In this process: what is measured needs no other settings of .NET, and nothing has to be built.
            summary = BenchmarkRunner.Run<PartBenchmarks>(new ManualConfig()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).WithIterationTime(TimeInterval.FromMilliseconds(150)))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Statistics, DefaultColumnProviders.Metrics)
                .HideColumns(Column.Error)
                .AddLogger(log)
                .AddExporter(CsvExporter.Default)
                .WithArtifactsPath(reportFolder)
                .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.DisableLogFile));
        }
        MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Unicode);
        return summary.Reports.Length > 0 && summary.Reports.All(report => report.Success) ? 0 : 1;
    }

    [Benchmark(Description = "Open a checkpoint")]
    public int OpenCheckpoint()
    {
        using Checkpoint checkpoint = Checkpoint.Open(s_model.Value.Transformer);
        return checkpoint.Tensors.Count;
    }

    [Benchmark(Description = "Build the tokenizer from the file")]
    public Qwen3Tokenizer BuildTokenizer() => BuildTokenizerOf();

    [Benchmark(Description = "Tokenize a prompt of 60 tokens")]
    public int[] Tokenize() => s_tokenizer.Value.EncodePrompt(Prompt, out _);

    [Benchmark(Description = "Make a memory plan")]
    public IReadOnlyList<MemoryPlan> Plan() => s_session.Value.Plan(_request, [OffloadMode.Auto], 1, encodes: false, null, CancellationToken.None);

    [Benchmark(Description = "Build the transformer's graphs")]
    public int BuildGraphs()
    {
        (Transformer model, DeviceMemory memory) = s_transformer.Value;
        using var run = new TransformerRun(model, memory, Latent, Latent, 64);
        return run.Graphs.Count();
    }

    [Benchmark(Description = "Make noise as CUDA does")]
    public float[] CudaNoise() => Noise(NoiseGenerator.Cuda);

    [Benchmark(Description = "Make noise as PyTorch on the CPU does")]
    public float[] CpuNoise() => Noise(NoiseGenerator.Cpu);

    [Benchmark(Description = "Latent to patches")]
    public void ToPatches() => Patches.FromLatent(_latent, Latent, Latent, Channels, _patches);

    [Benchmark(Description = "Patches to latent")]
    public void FromPatches() => Patches.ToLatent(_patches, Latent, Latent, Channels, _latent);

    [Benchmark(Description = "Step of euler without a model")]
    public void SamplerStep() => Samplers.Get("euler").Sample(_latent, [1e-3f, 0], (_, _, velocity, _) => velocity.Clear(), SamplingOptions.None);

    [Benchmark(Description = "Decoder's planes to pixels")]
    public PixelImage ToPixels() => PixelImage.FromDecoder(_planes, Pixels, Pixels);

    [Benchmark(Description = "Encode a PNG with its settings")]
    public byte[] EncodePng() => ImageFile.Encode(_picture ??= ToPixels(), ImageFormat.Png, null, new ImageMetadata { Parameters = Prompt });

    private static float[] Noise(NoiseGenerator generator)
    {
        var latent = new float[Latent * Latent * Channels];
        NoiseSources.Create(generator, 42).Fill(latent);
        return latent;
    }

    private static Qwen3Tokenizer BuildTokenizerOf()
    {
        using Checkpoint checkpoint = Checkpoint.Open(s_model.Value.TextEncoder);
        return new Qwen3Tokenizer(GgufVocabulary.Read(checkpoint));
    }

    private static (Transformer Model, DeviceMemory Memory) PlaceTransformer()
    {
        Backend backend = Backend.Open(Devices.Cpu);
        var memory = new DeviceMemory(backend);
        var model = new Transformer(ComponentFile.Open(s_model.Value.Transformer, ComponentKind.Transformer), backend);
        WeightResidency.Place(model.Weights, memory, CancellationToken.None);
        return (model, memory);
    }
}
