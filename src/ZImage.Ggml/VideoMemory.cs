using System.Runtime.Versioning;
using ZImage.Ggml.Interop;
using static ZImage.Ggml.Interop.Dxgi;

namespace ZImage.Ggml;

/// <summary>What this process uses of a graphics card, as Windows counts it, in bytes.</summary>
/// <param name="LocalBudgetBytes">What Windows lets this process have of the card's own memory now; more than that may be moved out.</param>
/// <param name="LocalUsageBytes">What it has of the card's own memory.</param>
/// <param name="SharedUsageBytes">System memory that the card uses for it: pinned host memory, and what did not find room on the card.</param>
public readonly record struct VideoMemoryUsage(long LocalBudgetBytes, long LocalUsageBytes, long SharedUsageBytes);

/// <summary>
/// Windows' account of the memory of one graphics card. There a driver does not refuse an allocation beyond the card's memory but moves
/// something to system memory, which ggml cannot see.
/// </summary>
public sealed class VideoMemory : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ComHandle _adapter;

    private VideoMemory(ComHandle adapter) => _adapter = adapter;

    /// <summary>
    /// The account of a device's card; null on other systems, for devices that are no cards, and where Windows does not tell. Cards are found by
    /// their name, equal ones by their order, which Windows may see differently from the backend.
    /// </summary>
    public static VideoMemory? Find(Device device)
    {
        if (!OperatingSystem.IsWindows() || !device.IsAvailable || device.Type == DeviceType.Cpu)
            return null;
        try
        {
            IReadOnlyList<string> names = [.. Devices.List(device.Backend).TakeWhile(other => other.Name != device.Name).Select(other => other.Description)];
            return Find(device.Description, names.Count(name => IsSame(name, device.Description)));
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads the account; null when Windows does not answer any more, as after a change of the driver, and after <see cref="Dispose"/>.</summary>
    public VideoMemoryUsage? Read()
    {
        lock (_lock)
        {
            if (!OperatingSystem.IsWindows() || _adapter.IsClosed
                || !TryQuery(_adapter, DXGI_MEMORY_SEGMENT_GROUP_LOCAL, out DXGI_QUERY_VIDEO_MEMORY_INFO local)
                || !TryQuery(_adapter, DXGI_MEMORY_SEGMENT_GROUP_NON_LOCAL, out DXGI_QUERY_VIDEO_MEMORY_INFO shared))
                return null;
            return new VideoMemoryUsage((long)local.Budget, (long)local.CurrentUsage, (long)shared.CurrentUsage);
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _adapter.Dispose();
    }

    /// <summary>The account of the card at <paramref name="rank"/> among those of this name.</summary>
    [SupportedOSPlatform("windows")]
    internal static VideoMemory? Find(string name, int rank)
    {
        using ComHandle? factory = CreateFactory();
        if (factory is null)
            return null;
        for (uint index = 0; EnumAdapter(factory, index) is { } adapter; index++)
        {
            using (adapter)
            {
                if (!TryDescribe(adapter, out DXGI_ADAPTER_DESC1 description) || (description.Flags & DXGI_ADAPTER_FLAG_SOFTWARE) != 0
                    || !IsSame(description.Description, name) || rank-- > 0)
                    continue;
                return AsAdapter3(adapter) is { } adapter3 ? Open(adapter3) : null;
            }
        }
        return null;
    }

    /// <summary>The names of all adapters, software ones included, in Windows' order.</summary>
    [SupportedOSPlatform("windows")]
    internal static IReadOnlyList<string> AdapterNames()
    {
        var names = new List<string>();
        using ComHandle? factory = CreateFactory();
        for (uint index = 0; factory is not null && EnumAdapter(factory, index) is { } adapter; index++)
        {
            using (adapter)
                names.Add(TryDescribe(adapter, out DXGI_ADAPTER_DESC1 description) ? description.Description : "");
        }
        return names;
    }

    private static VideoMemory? Open(ComHandle adapter3)
    {
        var memory = new VideoMemory(adapter3);
        if (memory.Read() is { LocalBudgetBytes: > 0 })
            return memory;
        memory.Dispose();
        return null;
    }

    private static bool IsSame(string name, string other) => name.Trim().Equals(other.Trim(), StringComparison.OrdinalIgnoreCase);
}
