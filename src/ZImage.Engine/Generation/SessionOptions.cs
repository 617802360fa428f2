using ZImage.Engine.Memory;

namespace ZImage.Engine.Generation;

/// <summary>How a session computes.</summary>
public sealed record SessionOptions
{
    /// <summary>Name of the session, unique among the open ones; null for one made from the model's name.</summary>
    public string? Name { get; init; }

    /// <summary>Threads of the CPU backend; 0 for one per core, or fewer for a small model.</summary>
    public int Threads { get; init; }

    /// <summary>Weights are copied on the CPU too, as on a device with memory of its own; for tests.</summary>
    internal bool CopiesWeights { get; init; }

    /// <summary>How the memory of the device is used.</summary>
    public OffloadOptions Offload { get; init; } = new();
}
