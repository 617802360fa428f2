using System.Runtime.InteropServices;

namespace ZImage.Tests.Hosting;

/// <summary>Wine runs the tests for Windows where there is no Windows; some things it does not do as Windows does.</summary>
internal static class Wine
{
    /// <summary>With the value <c>Any</c>, of tests whose outcome no system changes: they are not run again under Wine.</summary>
    public const string Trait = "System";

    public static bool IsRunning { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", out nint library) && NativeLibrary.TryGetExport(library, "wine_get_version", out _);
}
