using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>
/// The environment that C code sees. ggml reads its variables with getenv; on Linux that is not what
/// <see cref="Environment.SetEnvironmentVariable(string, string)"/> changes.
/// </summary>
internal static partial class NativeEnvironment
{
    internal static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (OperatingSystem.IsWindows())
            _ = _putenv_s(name, value);
        else
            _ = setenv(name, value, 1);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int _putenv_s(string name, string value);
}
