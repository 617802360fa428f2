using System.Globalization;
using System.Runtime.InteropServices;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>The devices of this machine. A backend's library is loaded when one of its devices is asked for, not before.</summary>
public static unsafe class Devices
{
    private const string VulkanBlockSize = "GGML_VK_SUBALLOCATION_BLOCK_SIZE";

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<BackendKind, nint> s_registries = [];
    private static string s_cpuKernels = "";

    /// <summary>ggml's release, for example <c>0.23.0</c>.</summary>
    public static string GgmlVersion => Marshal.PtrToStringUTF8((nint)Native.ggml_version()) ?? "";

    /// <summary>Which of ggml's libraries for processors runs here, by the end of its name, for example <c>haswell</c>: they round differently.</summary>
    public static string CpuKernels
    {
        get
        {
            _ = Load(BackendKind.Cpu);
            return s_cpuKernels;
        }
    }

    /// <summary>The folder from which ggml's libraries are loaded.</summary>
    public static string NativeFolder => Libraries.Folder;

    /// <summary>Every device of every backend; a backend without devices is one row that says why.</summary>
    public static IReadOnlyList<Device> List() => [.. List(BackendKind.Cpu), .. List(BackendKind.Cuda), .. List(BackendKind.Vulkan)];

    /// <summary>The devices of one backend, or one unavailable row.</summary>
    public static IReadOnlyList<Device> List(BackendKind backend)
    {
        nint registry;
        try
        {
            registry = Load(backend);
        }
        catch (NativeLibraryMissingException e)
        {
            return [Unavailable(backend, e.Message, e.Missing, e.RecommendedAction)];
        }
        if (registry == 0)
            return [Unavailable(backend, $"The {backend} backend does not run on this machine.", null, MissingDependency.DriverAdvice(backend))];

        var devices = new List<Device>();
        nuint count = Native.ggml_backend_reg_dev_count(registry);
        for (nuint i = 0; i < count; i++)
            devices.Add(Describe(backend, registry, Native.ggml_backend_reg_dev_get(registry, i)));
        if (devices.Count == 0)
            devices.Add(Unavailable(backend, $"The {backend} backend found no device.", null, MissingDependency.DriverAdvice(backend)));
        return devices;
    }

    /// <summary>
    /// The device named <paramref name="name"/> (<c>CPU</c>, <c>CUDA0</c>, <c>Vulkan0</c>, any case), or for <c>Auto</c> the first of
    /// CUDA, Vulkan GPU, CPU.
    /// </summary>
    /// <exception cref="DeviceNotFoundException">No such device.</exception>
    public static Device Find(string name)
    {
        if (name.Equals("Auto", StringComparison.OrdinalIgnoreCase))
        {
            return List(BackendKind.Cuda).FirstOrDefault(d => d.IsAvailable)
                ?? List(BackendKind.Vulkan).FirstOrDefault(d => d.IsAvailable && d.Type == DeviceType.Gpu)
                ?? List(BackendKind.Cpu).FirstOrDefault(d => d.IsAvailable)
                ?? throw NotFound(name);
        }
        // Only the backend that is asked for is loaded.
        foreach (BackendKind backend in Enum.GetValues<BackendKind>())
        {
            if (!name.StartsWith(backend.ToString(), StringComparison.OrdinalIgnoreCase))
                continue;
            IReadOnlyList<Device> rows = List(backend);
            Device? found = rows.FirstOrDefault(d => d.IsAvailable && d.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? rows.FirstOrDefault(d => d.IsAvailable && name.Equals(backend.ToString(), StringComparison.OrdinalIgnoreCase));
            if (found is not null)
                return found;
        }
        throw NotFound(name);
    }

    /// <summary>The CPU, which is always needed.</summary>
    public static Device Cpu => List(BackendKind.Cpu) is [{ IsAvailable: true } cpu, ..]
        ? cpu
        : throw new NativeLibraryMissingException(Libraries.FileName("ggml-cpu"), Libraries.Folder, "No CPU backend runs on this processor.");

    private static DeviceNotFoundException NotFound(string name)
    {
        IReadOnlyList<Device> all = List();
        Device? reason = all.FirstOrDefault(d => !d.IsAvailable && name.StartsWith(d.Backend.ToString(), StringComparison.OrdinalIgnoreCase));
        return new DeviceNotFoundException(name, string.Join(", ", all.Where(d => d.IsAvailable).Select(d => d.Name)),
            reason is null ? null : reason.Description + " " + reason.RecommendedAction);
    }

    /// <summary>Memory of a device as it is now: free and in all, in bytes; null where the device does not tell.</summary>
    public static (long Free, long Total)? ReadMemory(Device device) => ReadMemory(device.Handle);

    // 0 when the library loads but its backend declines.
    private static nint Load(BackendKind backend)
    {
        lock (s_lock)
        {
            if (s_registries.TryGetValue(backend, out nint known))
                return known;
            string file = backend switch
            {
                BackendKind.Cuda => Libraries.FileName("ggml-cuda"),
                BackendKind.Vulkan => Libraries.FileName("ggml-vulkan"),
                _ => Libraries.BestCpuFile(),
            };
            // Buffers in one piece, as large as the driver gives them; ggml's own limit of 1 GiB cuts those of large pictures.
            if (backend == BackendKind.Vulkan && Environment.GetEnvironmentVariable(VulkanBlockSize) is null)
                NativeEnvironment.Set(VulkanBlockSize, (1L << 40).ToString(CultureInfo.InvariantCulture));
            nint registry = Libraries.LoadBackend(file);
            if (registry != 0)
                s_registries[backend] = registry;
            if (backend == BackendKind.Cpu)
                s_cpuKernels = Path.GetFileNameWithoutExtension(file)[Path.GetFileNameWithoutExtension(Libraries.FileName("ggml-cpu")).Length..].TrimStart('-');
            return registry;
        }
    }

    private static Device Describe(BackendKind backend, nint registry, nint handle)
    {
        (long Free, long Total)? memory = ReadMemory(handle);
        return new Device
        {
            Name = Marshal.PtrToStringUTF8((nint)Native.ggml_backend_dev_name(handle)) ?? backend.ToString(),
            Backend = backend,
            Type = Native.ggml_backend_dev_type(handle) switch
            {
                0 => DeviceType.Cpu,
                2 => DeviceType.IntegratedGpu,
                _ => DeviceType.Gpu,
            },
            Description = Marshal.PtrToStringUTF8((nint)Native.ggml_backend_dev_description(handle)) ?? "",
            FreeBytes = memory?.Free,
            TotalBytes = memory?.Total,
            IsAvailable = true,
            Handle = handle,
            Registry = registry,
        };
    }

    private static (long Free, long Total)? ReadMemory(nint handle)
    {
        nuint free = 0, total = 0;
        Native.ggml_backend_dev_memory(handle, &free, &total);
        return total == 0 ? null : ((long)free, (long)total);
    }

    private static Device Unavailable(BackendKind backend, string reason, string? missing, string action) => new()
    {
        Name = backend == BackendKind.Cpu ? "CPU" : backend == BackendKind.Cuda ? "CUDA" : "Vulkan",
        Backend = backend,
        Type = backend == BackendKind.Cpu ? DeviceType.Cpu : DeviceType.Gpu,
        Description = reason,
        IsAvailable = false,
        MissingLibrary = missing,
        RecommendedAction = action,
    };
}
