using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ZImage.Ggml.Interop;

/// <summary>dxgi.h, dxgi1_4.h: graphics adapters of Windows. Methods of COM objects are called by their place in the table of the interface.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Dxgi
{
    internal const uint DXGI_ADAPTER_FLAG_SOFTWARE = 2;
    internal const int DXGI_MEMORY_SEGMENT_GROUP_LOCAL = 0, DXGI_MEMORY_SEGMENT_GROUP_NON_LOCAL = 1;

    private const int QueryInterfaceAt = 0, ReleaseAt = 2, GetDesc1At = 10, EnumAdapters1At = 12, QueryVideoMemoryInfoAt = 14;

    private static readonly Guid IID_IDXGIFactory1 = new("770aae78-f26f-4dba-a829-253c83d1b387");
    private static readonly Guid IID_IDXGIAdapter3 = new("645967a4-1392-4310-a798-8053ce3e93fd");

    /// <summary>An IDXGIFactory1; null when there is none.</summary>
    internal static ComHandle? CreateFactory()
    {
        nint factory = 0;
        fixed (Guid* id = &IID_IDXGIFactory1)
            return CreateDXGIFactory1(id, &factory) >= 0 ? ComHandle.Own(factory) : null;
    }

    /// <summary>The IDXGIAdapter1 of this index; null behind the last.</summary>
    internal static ComHandle? EnumAdapter(ComHandle factory, uint index)
    {
        nint adapter = 0;
        int result = ((delegate* unmanaged[Stdcall]<nint, uint, nint*, int>)factory.Method(EnumAdapters1At))(factory.Object, index, &adapter);
        GC.KeepAlive(factory);
        return result >= 0 ? ComHandle.Own(adapter) : null;
    }

    internal static bool TryDescribe(ComHandle adapter1, out DXGI_ADAPTER_DESC1 description)
    {
        int result;
        fixed (DXGI_ADAPTER_DESC1* target = &description)
            result = ((delegate* unmanaged[Stdcall]<nint, DXGI_ADAPTER_DESC1*, int>)adapter1.Method(GetDesc1At))(adapter1.Object, target);
        GC.KeepAlive(adapter1);
        return result >= 0;
    }

    /// <summary>The adapter as IDXGIAdapter3, an owner of its own; null before Windows 10.</summary>
    internal static ComHandle? AsAdapter3(ComHandle adapter1)
    {
        nint adapter3 = 0;
        int result;
        fixed (Guid* id = &IID_IDXGIAdapter3)
            result = ((delegate* unmanaged[Stdcall]<nint, Guid*, nint*, int>)adapter1.Method(QueryInterfaceAt))(adapter1.Object, id, &adapter3);
        GC.KeepAlive(adapter1);
        return result >= 0 ? ComHandle.Own(adapter3) : null;
    }

    internal static bool TryQuery(ComHandle adapter3, int segmentGroup, out DXGI_QUERY_VIDEO_MEMORY_INFO info)
    {
        int result;
        fixed (DXGI_QUERY_VIDEO_MEMORY_INFO* target = &info)
        {
            result = ((delegate* unmanaged[Stdcall]<nint, uint, int, DXGI_QUERY_VIDEO_MEMORY_INFO*, int>)adapter3.Method(QueryVideoMemoryInfoAt))(
                adapter3.Object, 0, segmentGroup, target);
        }
        GC.KeepAlive(adapter3);
        return result >= 0;
    }

    [LibraryImport("dxgi")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int CreateDXGIFactory1(Guid* riid, nint* factory);

    /// <summary>One reference to a COM object, given back once.</summary>
    internal sealed class ComHandle : SafeHandle
    {
        private ComHandle(nint pointer) : base(0, ownsHandle: true) => SetHandle(pointer);

        public override bool IsInvalid => handle == 0;

        internal nint Object
        {
            get
            {
                ObjectDisposedException.ThrowIf(IsClosed, this);
                return handle;
            }
        }

        internal static ComHandle? Own(nint pointer) => pointer == 0 ? null : new ComHandle(pointer);

        internal nint Method(int index) => (*(nint**)Object)[index];

        protected override bool ReleaseHandle()
        {
            _ = ((delegate* unmanaged[Stdcall]<nint, uint>)(*(nint**)handle)[ReleaseAt])(handle);
            return true;
        }
    }
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DXGI_ADAPTER_DESC1
{
    private fixed char _description[128];
    public uint VendorId, DeviceId, SubSysId, Revision;
    public nuint DedicatedVideoMemory, DedicatedSystemMemory, SharedSystemMemory;
    public uint AdapterLuidLow;
    public int AdapterLuidHigh;
    public uint Flags;

    public readonly string Description
    {
        get
        {
            fixed (char* text = _description)
            {
                var all = new ReadOnlySpan<char>(text, 128);
                int end = all.IndexOf('\0');
                return all[..(end < 0 ? all.Length : end)].ToString();
            }
        }
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct DXGI_QUERY_VIDEO_MEMORY_INFO
{
    public ulong Budget, CurrentUsage, AvailableForReservation, CurrentReservation;
}
