using System.Globalization;
using System.Runtime.InteropServices;

namespace ZImage.Ggml;

/// <summary>The machine's own memory as it is now.</summary>
public static partial class SystemMemory
{
    private const long Unknown = 1L << 40;
    private const nuint LargePage = 2 << 20;
    private const int MADV_HUGEPAGE = 14;

    /// <summary>Bytes that programs can have without others being moved out, and bytes in all.</summary>
    public static (long Available, long Total) Read()
    {
        if (OperatingSystem.IsWindows())
        {
            var status = new MEMORYSTATUSEX { dwLength = (uint)Marshal.SizeOf<MEMORYSTATUSEX>() };
            return GlobalMemoryStatusEx(ref status) ? ((long)status.ullAvailPhys, (long)status.ullTotalPhys) : (Unknown, Unknown);
        }
        try
        {
            string[] lines = File.ReadAllLines("/proc/meminfo");
            return (Find(lines, "MemAvailable:"), Find(lines, "MemTotal:"));
        }
        catch (IOException)
        {
            return (Unknown, Unknown);
        }
    }

    /// <summary>Asks Linux for large pages, which are there sooner and read faster; a wish, and nothing fails without them.</summary>
    internal static unsafe void PreferLargePages(void* start, long bytes)
    {
        nuint first = ((nuint)start + LargePage - 1) & ~(LargePage - 1), end = ((nuint)start + (nuint)bytes) & ~(LargePage - 1);
        if (OperatingSystem.IsLinux() && end > first)
            _ = madvise((void*)first, end - first, MADV_HUGEPAGE);
    }

    // In KiB, whatever the unit says.
    private static long Find(string[] lines, string name)
        => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kib)
            ? kib << 10 : Unknown;

    [LibraryImport("libc")]
    private static unsafe partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GlobalMemoryStatusEx(ref MEMORYSTATUSEX status);

    [StructLayout(LayoutKind.Sequential)]
    private struct MEMORYSTATUSEX
    {
        internal uint dwLength;
        internal uint dwMemoryLoad;
        internal ulong ullTotalPhys;
        internal ulong ullAvailPhys;
        internal ulong ullTotalPageFile;
        internal ulong ullAvailPageFile;
        internal ulong ullTotalVirtual;
        internal ulong ullAvailVirtual;
        internal ulong ullAvailExtendedVirtual;
    }
}
