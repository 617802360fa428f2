using System.Runtime.CompilerServices;

namespace ZImage.Tests.Hosting;

/// <summary>Where the repository and the built module lie.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Manifest { get; } = PathOf("ZImage.psd1");

    /// <summary>The name of this system among native binaries.</summary>
    public static string RuntimeIdentifier { get; } = OperatingSystem.IsWindows() ? "win-x64" : "linux-x64";

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    // The tests may be built to a folder outside the repository; then their source file leads to it.
    private static string FindRoot([CallerFilePath] string sourceFile = "")
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, sourceFile])
        {
            for (string? folder = Path.GetDirectoryName(start); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "ZImage.slnx")))
                {
                    return folder;
                }
            }
        }

        throw new DirectoryNotFoundException($"Neither '{AppContext.BaseDirectory}' nor '{sourceFile}' lies under a folder with ZImage.slnx.");
    }
}
