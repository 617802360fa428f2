using ZImage.Ggml;

namespace ZImage.PowerShell.Completion;

/// <summary>Names of devices seen so far in this process: completion must not load a backend to find them out.</summary>
internal static class KnownDevices
{
    private static volatile IReadOnlyList<string> s_seen = [];

    /// <summary>The usual names, then those that were seen.</summary>
    public static IReadOnlyList<string> Names => [.. new[] { "Auto", "CPU", "CUDA0", "Vulkan0" }.Union(s_seen, StringComparer.OrdinalIgnoreCase)];

    public static void Remember(IEnumerable<Device> devices) => s_seen = [.. devices.Where(device => device.IsAvailable).Select(device => device.Name)];
}
