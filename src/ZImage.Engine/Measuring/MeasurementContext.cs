using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ZImage.Engine.Generation;
using ZImage.Ggml;

namespace ZImage.Engine.Measuring;

/// <summary>Where and with what was measured.</summary>
/// <param name="Started">When the context was taken.</param>
/// <param name="Environment">Machine and device.</param>
/// <param name="Model">The model.</param>
public sealed record MeasurementContext(DateTimeOffset Started, MeasuredEnvironment Environment, MeasuredModel Model)
{
    /// <summary>What is so now, with the memory of the device that is free now.</summary>
    public static MeasurementContext Of(ModelSession session)
        => new(DateTimeOffset.Now, MeasuredEnvironment.Of(session.Device), new MeasuredModel(session.Name, session.Components, session.SyntheticScale));

    public override string ToString() => FormattableString.Invariant($"{Model} on {Environment}, {Started:yyyy-MM-dd HH:mm}");
}

/// <summary>The model that was measured.</summary>
/// <param name="Name">Name of its session.</param>
/// <param name="Components">What its files hold.</param>
/// <param name="SyntheticScale">Of random weights, their share of the published model's bytes; null for weights from files.</param>
public sealed record MeasuredModel(string Name, IReadOnlyList<ComponentSummary> Components, double? SyntheticScale)
{
    public override string ToString() => Name;
}

/// <summary>The machine and the device that computed. What the system does not tell is null.</summary>
public sealed record MeasuredEnvironment
{
    /// <summary>Name and version of the operating system.</summary>
    public required string System { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string Framework { get; init; }

    /// <summary>Version of ZImage.</summary>
    public required string Version { get; init; }

    /// <summary>Version of ggml.</summary>
    public required string GgmlVersion { get; init; }

    /// <summary>Name of the processor.</summary>
    public required string Cpu { get; init; }

    /// <summary>Processors that the process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>Instruction sets of the processor that computing profits from, in the order in which they came.</summary>
    public required IReadOnlyList<string> CpuFeatures { get; init; }

    /// <summary>Bytes of the machine's memory.</summary>
    public required long RamBytes { get; init; }

    /// <summary>Short name of the device: CPU, CUDA0, Vulkan0.</summary>
    public required string Device { get; init; }

    public required BackendKind Backend { get; init; }

    /// <summary>The device's own name.</summary>
    public required string DeviceName { get; init; }

    /// <summary>Bytes of the device's memory.</summary>
    public long? DeviceTotalBytes { get; init; }

    /// <summary>Bytes of it that were free.</summary>
    public long? DeviceFreeBytes { get; init; }

    /// <summary>Version of the card's driver.</summary>
    public string? Driver { get; init; }

    public override string ToString() => $"{DeviceName} ({Device}), {System}";

    /// <summary>What is so now.</summary>
    public static MeasuredEnvironment Of(Device device)
    {
        (long Free, long Total)? memory = Devices.ReadMemory(device);
        return new MeasuredEnvironment
        {
            System = $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.OSArchitecture}",
            Framework = RuntimeInformation.FrameworkDescription,
            Version = typeof(MeasuredEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
            GgmlVersion = Devices.GgmlVersion,
            Cpu = Devices.Cpu.Description,
            Processors = global::System.Environment.ProcessorCount,
            CpuFeatures = Features(),
            RamBytes = SystemMemory.Read().Total,
            Device = device.Name,
            Backend = device.Backend,
            DeviceName = device.Description,
            DeviceTotalBytes = memory?.Total,
            DeviceFreeBytes = memory?.Free,
            Driver = DisplayDriver.VersionOf(device),
        };
    }

    private static string[] Features()
    {
        (string Name, bool IsThere)[] all =
        [
            ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-VNNI", AvxVnni.IsSupported),
            ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported), ("AVX-512VBMI", Avx512Vbmi.IsSupported),
            ("NEON", AdvSimd.IsSupported), ("DotProd", Dp.IsSupported),
        ];
        return [.. all.Where(feature => feature.IsThere).Select(feature => feature.Name)];
    }
}
