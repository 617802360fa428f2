namespace ZImage.Engine;

/// <summary>
/// Where ZImage keeps files that can be made again: the folder named by the environment variable <c>ZIMAGE_CACHE_PATH</c>, else
/// <c>%LOCALAPPDATA%\ZImage</c> on Windows, and <c>$XDG_CACHE_HOME/zimage</c> or <c>~/.cache/zimage</c> elsewhere.
/// </summary>
public static class CacheFolder
{
    private const string Variable = "ZIMAGE_CACHE_PATH";

    public static string Path => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? System.IO.Path.GetFullPath(given) : Default;

    /// <summary>Hidden states of prompts.</summary>
    public static string Prompts => System.IO.Path.Combine(Path, "prompts");

    /// <summary>How convolutions are computed on devices that were measured.</summary>
    public static string Convolutions => System.IO.Path.Combine(Path, "convolutions");

    /// <summary>Downloaded model files, as <c>owner/repository/revision/file</c>.</summary>
    public static string Models => System.IO.Path.Combine(Path, "models");

    private static string Default => OperatingSystem.IsWindows()
        ? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "ZImage")
        : System.IO.Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "zimage");
}
