using System.Runtime.InteropServices;
using ZImage.Engine.Checkpoints;
using ZImage.Ggml;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Models;

/// <summary>What the weights of a model are stored in; the tolerances follow it.</summary>
public enum WeightPrecision
{
    F32,
    F16,
    Quantised,
}

/// <summary>Reference files of one kind: models with their cases, and the tensors of a case.</summary>
internal sealed class GoldenFile : IDisposable
{
    private readonly Checkpoint _cases;

    public GoldenFile(string casesPath) => _cases = Checkpoint.Open(casesPath);

    public static string Folder => Environment.GetEnvironmentVariable("ZIMAGE_GOLDEN_DIR") is { Length: > 0 } folder
        ? folder
        : Path.Combine(GoldenJson.RepositoryRoot, "tests", "golden");

    /// <summary>Every (model file, cases file) whose model file name starts with <paramref name="prefix"/>.</summary>
    public static IEnumerable<(string Model, string Cases)> Pairs(string prefix)
        => Directory.GetFiles(Folder, prefix + "*-cases.gguf").Order(StringComparer.Ordinal)
            .Select(cases => (cases.Replace("-cases.gguf", ".gguf", StringComparison.Ordinal), cases));

    /// <summary>Names of the cases of a file: the part of the tensor names before the first dot.</summary>
    public static IEnumerable<string> CasesOf(string casesPath)
    {
        using Checkpoint checkpoint = Checkpoint.Open(casesPath);
        return checkpoint.Tensors.Keys.Select(name => name[..name.IndexOf('.')]).Distinct().ToList();
    }

    public CheckpointMetadata Metadata => _cases.Metadata;

    public bool Has(string name) => _cases.Tensors.ContainsKey(name);

    public CheckpointTensor Tensor(string name) => _cases.Tensors[name];

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(_cases.Tensors[name].Data).ToArray();

    public int[] Ints(string name) => MemoryMarshal.Cast<byte, int>(_cases.Tensors[name].Data).ToArray();

    public void Dispose() => _cases.Dispose();

    /// <summary>
    /// What the tolerances go by: the coarsest type among the matrices of a component. The matrix kernels of Vulkan take their operands
    /// as F16 whatever the weights are stored in (the tiles in shared memory are F16), so F32 weights count as F16 there, unless
    /// the run sets GGML_VK_DISABLE_F16, which selects F32 kernels. Those of CUDA take them as TF32, which has the mantissa of F16.
    /// </summary>
    public static WeightPrecision Precision(ComponentFile file, string device)
    {
        WeightPrecision stored = Precision(file);
        bool halfKernels = device.StartsWith("CUDA", StringComparison.Ordinal)
            || (device.StartsWith("Vulkan", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("GGML_VK_DISABLE_F16") is null);
        return stored == WeightPrecision.F32 && halfKernels ? WeightPrecision.F16 : stored;
    }

    private static WeightPrecision Precision(ComponentFile file)
    {
        IEnumerable<StoredType> types = file.Tensors.Values.Where(t => t.Shape.Count > 1).Select(t => t.Type);
        return types.Aggregate(WeightPrecision.F32, (coarsest, type) =>
        {
            WeightPrecision precision = type.Ggml switch
            {
                GgmlType.F32 => WeightPrecision.F32,
                GgmlType.F16 or GgmlType.BF16 => WeightPrecision.F16,
                _ => WeightPrecision.Quantised,
            };
            return precision > coarsest ? precision : coarsest;
        });
    }
}
