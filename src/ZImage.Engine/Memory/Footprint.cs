using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>What a phase takes beside its weights, by a dry run that allocates nothing.</summary>
/// <param name="Bytes">States and compute buffer on the device that computes.</param>
/// <param name="Flops">Floating-point operations of going through its graphs once.</param>
public readonly record struct Footprint(long Bytes, double Flops)
{
    /// <summary>Bytes of host memory in which activations wait.</summary>
    public long HostBytes { get; init; }

    /// <summary>Bytes of activations that go over the link, both ways.</summary>
    public long LinkBytes { get; init; }

    /// <summary>Measures graphs that share one compute buffer.</summary>
    public static Footprint Of(DeviceMemory memory, long stateBytes, IReadOnlyCollection<BlockGraph> graphs)
        => new(stateBytes + ComputeBuffer.Measure(memory, graphs.Select(g => g.Graph)), graphs.Sum(g => g.Graph.Flops));
}
