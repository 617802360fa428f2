using System.Globalization;
using System.Runtime.InteropServices;

namespace ZImage.Ggml;

/// <summary>The processors that this process may use.</summary>
public static unsafe partial class Processors
{
    private const int RelationProcessorCore = 0;

    /// <summary>
    /// Cores, at least 1: two processors that share one count once, because they share what multiplies too. Affinity and the limits of a container count, on Windows as far as they leave fewer
    /// processors than there are cores.
    /// </summary>
    public static int Cores { get; } = Math.Clamp(OperatingSystem.IsWindows() ? CountOnWindows() : CountOnLinux(), 1, Environment.ProcessorCount);

    /// <summary>The numbers in a list as Linux writes it, such as <c>0-3,8,10-11</c>.</summary>
    internal static IEnumerable<int> ParseList(string list)
    {
        foreach (string range in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture), last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (int i = first; i <= last; i++)
                yield return i;
        }
    }

    // Where the system does not tell, every processor counts as a core.
    private static int CountOnLinux()
    {
        const string Allowed = "Cpus_allowed_list:";
        try
        {
            string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Allowed, StringComparison.Ordinal));
            return ParseList(line[Allowed.Length..]).Select(cpu => File.ReadAllText($"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).Distinct().Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return int.MaxValue;
        }
    }

    private static int CountOnWindows()
    {
        uint length = 0;
        _ = GetLogicalProcessorInformationEx(RelationProcessorCore, null, &length);
        byte[] records = new byte[length];
        fixed (byte* start = records)
        {
            if (length == 0 || !GetLogicalProcessorInformationEx(RelationProcessorCore, start, &length))
                return int.MaxValue;
            int cores = 0;
            // Each record begins with what it is about and its own length.
            for (uint offset = 0; offset < length; offset += *(uint*)(start + offset + sizeof(int)))
                cores++;
            return cores;
        }
    }

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetLogicalProcessorInformationEx(int relationship, byte* buffer, uint* length);
}
