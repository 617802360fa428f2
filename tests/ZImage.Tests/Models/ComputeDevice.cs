using System.Runtime.CompilerServices;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Ggml.Interop;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Models;

/// <summary>A device opened on a native thread, as a session opens it; one a name for the whole test run.</summary>
internal sealed class ComputeDevice
{
    /// <summary>The trait that names the GPU of a case.</summary>
    public const string Trait = "Device";

    private static readonly Dictionary<string, ComputeDevice> s_open = [];

    private ComputeDevice(string name)
    {
        Thread = new NativeThread("tests on " + name);
        // One thread: tests run side by side, and ggml's threads wait for each other by spinning.
        Backend = Thread.Run(() => Backend.Open(Devices.Find(name), threads: 1));
    }

    public NativeThread Thread { get; }

    public Backend Backend { get; }

    public static string NativeFolder => Path.Combine(GoldenJson.RepositoryRoot, "Module", "native", Libraries.RuntimeId);

    /// <summary>The first GPU of each backend, whether it is there or not.</summary>
    public static IReadOnlyList<string> Gpus { get; } = ["CUDA0", "Vulkan0"];

    /// <summary>The CPU, or one of <see cref="Gpus"/>; skips the test where there is none.</summary>
    public static ComputeDevice Get(string name)
    {
        lock (s_open)
        {
            if (s_open.TryGetValue(name, out ComputeDevice? open))
                return open;
            if (name != "CPU")
            {
                BackendKind kind = Enum.Parse<BackendKind>(name.TrimEnd('0'), ignoreCase: true);
                IReadOnlyList<Device> rows = Devices.List(kind);
                Assert.SkipUnless(rows.Any(d => d.IsAvailable), $"There is no {kind} device: {rows[0].Description}");
            }
            return s_open[name] = new ComputeDevice(name);
        }
    }

    /// <summary>Runs on the native thread with fresh accounts, and demands that nothing is left allocated.</summary>
    public T Run<T>(Func<DeviceMemory, T> test) => Thread.Run(() =>
    {
        var memory = new DeviceMemory(Backend);
        T result = test(memory);
        Assert.Equal(0, memory.Bytes);
        return result;
    });

    // The tests' binaries lie elsewhere than the module's, so the staged libraries are named; and Vulkan shows its software device.
    [ModuleInitializer]
    internal static void UseStagedLibraries()
    {
        if (Environment.GetEnvironmentVariable(Libraries.PathVariable) is null)
            Environment.SetEnvironmentVariable(Libraries.PathVariable, NativeFolder);
        if (Environment.GetEnvironmentVariable("GGML_VK_VISIBLE_DEVICES") is null)
            NativeEnvironment.Set("GGML_VK_VISIBLE_DEVICES", "0");
    }
}
