using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.Win32;

namespace ZImage.Ggml;

/// <summary>The version of a graphics card's driver, where the system tells it.</summary>
public static partial class DisplayDriver
{
    private const string LinuxFile = "/proc/driver/nvidia/version";

    // The registry's class of display adapters: one numbered key for each.
    private const string WindowsClass = @"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}";
    private const int NvidiaDigits = 5;

    /// <summary>For example <c>580.95</c>; null for devices that are no cards, and where it is not known.</summary>
    public static string? VersionOf(Device device)
    {
        if (!device.IsAvailable || device.Type == DeviceType.Cpu)
            return null;
        try
        {
            return OperatingSystem.IsWindows() ? FromRegistry(device.Description) : IsNvidia(device) && File.Exists(LinuxFile) ? FromModule(File.ReadAllText(LinuxFile)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return null;
        }
    }

    /// <summary>The version in what NVIDIA's kernel module says of itself on Linux.</summary>
    internal static string? FromModule(string text) => ModuleVersion().Match(text) is { Success: true } match ? match.Groups["version"].Value : null;

    /// <summary>NVIDIA's own number of a driver, which is the end of the one Windows gives it: 32.0.15.8095 is 580.95.</summary>
    internal static string? NvidiaVersion(string windows)
    {
        string digits = windows.Replace(".", "", StringComparison.Ordinal);
        return digits.Length >= NvidiaDigits && digits.All(char.IsAsciiDigit) ? $"{digits[^NvidiaDigits..^2]}.{digits[^2..]}" : null;
    }

    private static bool IsNvidia(Device device) => device.Backend == BackendKind.Cuda || device.Description.Contains("NVIDIA", StringComparison.OrdinalIgnoreCase);

    [SupportedOSPlatform("windows")]
    private static string? FromRegistry(string card)
    {
        using RegistryKey? adapters = Registry.LocalMachine.OpenSubKey(WindowsClass);
        foreach (string name in adapters?.GetSubKeyNames().Where(name => name.All(char.IsAsciiDigit)) ?? [])
        {
            using RegistryKey? adapter = adapters!.OpenSubKey(name);
            if (adapter?.GetValue("DriverDesc") is not string description || !description.Trim().Equals(card.Trim(), StringComparison.OrdinalIgnoreCase))
                continue;
            if (adapter.GetValue("DriverVersion") is string version)
                return description.Contains("NVIDIA", StringComparison.OrdinalIgnoreCase) && NvidiaVersion(version) is { } own ? $"{own} ({version})" : version;
        }
        return null;
    }

    [GeneratedRegex(@"NVRM version:.*?\s(?<version>\d{3,}(\.\d+)+)\s", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ModuleVersion();
}
