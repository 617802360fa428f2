using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>What a phase takes beside its weights, by a dry run that allocates nothing.</summary>
/// <param name="Bytes">States and compute buffer on the device that computes.</param>
/// <param name="Flops">Floating-point operations of going through its graphs once.</param>
/// <param name="HostBytes">Host memory for activations that do not rest on the device.</param>
/// <param name="LinkBytes">Bytes of those that are copied to the device and back.</param>
public readonly record struct Footprint(long Bytes, double Flops, long HostBytes = 0, long LinkBytes = 0)
{
    /// <summary>Bytes of the largest piece of device memory among them; 0 where that is no matter.</summary>
    public long LargestBuffer { get; init; }

    /// <summary>Measures graphs that share one compute buffer.</summary>
    public static Footprint Of(DeviceMemory memory, long stateBytes, IReadOnlyCollection<BlockGraph> graphs)
        => new(stateBytes + ComputeBuffer.Measure(memory, graphs.Select(g => g.Graph)), graphs.Sum(g => g.Graph.Flops));
}
