namespace ZImage.Ggml;

/// <summary>What kind of processor a device is.</summary>
public enum DeviceType
{
    /// <summary>The processor of the machine, with system memory.</summary>
    Cpu,

    /// <summary>A graphics card with memory of its own.</summary>
    Gpu,

    /// <summary>A graphics unit that uses system memory.</summary>
    IntegratedGpu,
}

/// <summary>A family of devices with one library of ggml.</summary>
public enum BackendKind
{
    Cpu,
    Cuda,
    Vulkan,
}

/// <summary>
/// A device that ggml can compute on, or (with <see cref="IsAvailable"/> false) a backend that cannot be used here and why.
/// </summary>
public sealed class Device
{
    /// <summary>Short name, unique here: <c>CPU</c>, <c>CUDA0</c>, <c>Vulkan0</c>; the backend's name when unavailable.</summary>
    public required string Name { get; init; }

    public required BackendKind Backend { get; init; }

    public required DeviceType Type { get; init; }

    /// <summary>The processor's or card's own name, or the reason why the backend cannot be used.</summary>
    public required string Description { get; init; }

    /// <summary>Free memory in bytes when the device was listed; null when unknown.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Total memory in bytes; null when unknown.</summary>
    public long? TotalBytes { get; init; }

    public required bool IsAvailable { get; init; }

    /// <summary>File name of the library that keeps the backend from loading, when that is the reason.</summary>
    public string? MissingLibrary { get; init; }

    /// <summary>What to do to get the backend; null when it is available.</summary>
    public string? RecommendedAction { get; init; }

    internal nint Handle { get; init; }

    internal nint Registry { get; init; }

    public override string ToString() => Name;
}
