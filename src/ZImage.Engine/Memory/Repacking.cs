using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Which weights the CPU computes with in the order of its own kernels, for which they are copied, instead of where they lie in their file. The
/// processor and the file decide, and never a plan: sums come out another way in the last digits.
/// </summary>
internal static class Repacking
{
    // Of the machine's memory: what is copied cannot be dropped and read again, as a mapped file can.
    private const double MostOfMemory = 0.5;

    /// <summary>The kind of memory for the places of a component's blocks, and the weights that are repacked there.</summary>
    /// <param name="weights">The component.</param>
    /// <param name="memory">The device that computes it.</param>
    public static (BufferType Type, IReadOnlySet<Weight> Weights) Of(ModelWeights weights, DeviceMemory memory)
    {
        // What a run goes through once and with few tokens gains less than repacking takes: 1.1x with 14 tokens, and 1.2x to 2.3x with 288.
        if (!memory.Repacks || weights.File.Kind != ComponentKind.Transformer || memory.Backend.Device.Backend != BackendKind.Cpu
            || BufferType.RepackedFor(memory.Backend.Device) is not { } type)
        {
            return (memory.Type, new HashSet<Weight>());
        }
        using var place = Buffer.Placeholder(type);
        var known = new Dictionary<(GgmlType, long, long), bool>();
        HashSet<Weight> repacked = [.. weights.Blocks.SelectMany(block => block.Weights).Where(weight => weight.IsAsStored && IsFaster(weight.Tensor))];
        return repacked.Count > 0 && repacked.Sum(weight => weight.Tensor.Bytes) <= MostOfMemory * Memory() ? (type, repacked) : (memory.Type, new HashSet<Weight>());

        // A container may have less than its machine.
        static long Memory() => Math.Min(SystemMemory.Read().Total, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

        // ggml has such kernels for few types, by processor.
        bool IsFaster(Tensor weight)
        {
            (GgmlType Type, long Columns, long Rows) kind = (weight.Type, weight.Ne(0), weight.Ne(1));
            if (known.TryGetValue(kind, out bool faster))
                return faster;
            using var probe = new Context(4);
            Tensor matrix = probe.NewTensor(kind.Type, kind.Columns, kind.Rows);
            place.Announce(matrix);
            return known[kind] = memory.Backend.Supports(probe.MulMat(matrix, probe.NewTensor(GgmlType.F32, kind.Columns, 32)));
        }
    }
}
