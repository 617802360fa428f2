using System.Reflection;
using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>
/// Finds ggml's shared libraries: one folder, absolute paths only, never the current directory or PATH.
/// The folder is <c>ZIMAGE_NATIVE_PATH</c> if set, else <c>../native/&lt;rid&gt;</c> beside the module's bin folder.
/// </summary>
internal static partial class Libraries
{
    internal const string PathVariable = "ZIMAGE_NATIVE_PATH";

    private static readonly Lock s_lock = new();
    private static bool s_installed;
    private static nint s_base;
    private static string? s_folder;

    /// <summary>The folder the libraries are taken from; decided once.</summary>
    internal static string Folder => s_folder ??= FindFolder();

    /// <summary>Sets the import resolver, once for the process and assembly.</summary>
    internal static void Install()
    {
        lock (s_lock)
        {
            if (s_installed)
                return;
            NativeLibrary.SetDllImportResolver(typeof(Libraries).Assembly, Resolve);
            s_installed = true;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Native.Base)
            return 0;
        lock (s_lock)
        {
            if (s_base == 0)
            {
                // ggml reads these with native getenv when it is loaded: its terminate handler would start a debugger.
                NativeEnvironment.Set("GGML_NO_BACKTRACE", "1");
                s_base = Load(FileName("ggml-base"));
                GgmlLog.Install();
            }
            return s_base;
        }
    }

    private static string FindFolder()
    {
        string? overridden = Environment.GetEnvironmentVariable(PathVariable);
        if (!string.IsNullOrEmpty(overridden))
            return System.IO.Path.GetFullPath(overridden);
        string assemblyFolder = System.IO.Path.GetDirectoryName(typeof(Libraries).Assembly.Location) ?? AppContext.BaseDirectory;
        // Not by "..": Windows' long form of a path takes it for a name.
        return System.IO.Path.Combine(System.IO.Path.GetDirectoryName(assemblyFolder) ?? assemblyFolder, "native", RuntimeId);
    }

    /// <summary><c>linux-x64</c> or <c>win-x64</c>: the systems ggml is staged for.</summary>
    internal static string RuntimeId => OperatingSystem.IsWindows() ? "win-x64" : "linux-x64";

    internal static string FileName(string library) => OperatingSystem.IsWindows() ? library + ".dll" : "lib" + library + ".so";

    /// <summary>The CPU library with the best score on this processor: one is staged for each instruction set level.</summary>
    internal static unsafe string BestCpuFile()
    {
        // Held while CPU files come and go: unloaded with one of them and loaded again, ggml-base ends the process on Windows.
        _ = NativeBase();
        string prefix = System.IO.Path.GetFileNameWithoutExtension(FileName("ggml-cpu"));
        string best = FileName("ggml-cpu");
        int bestScore = 0;
        if (Directory.Exists(Folder))
        {
            foreach (string file in Directory.EnumerateFiles(Folder, prefix + "*").Order(StringComparer.Ordinal))
            {
                if (!NativeLibrary.TryLoad(file, out nint library))
                    continue;
                if (NativeLibrary.TryGetExport(library, "ggml_backend_score", out nint score))
                {
                    int value = ((delegate* unmanaged[Cdecl]<int>)score)();
                    if (value > bestScore)
                        (best, bestScore) = (System.IO.Path.GetFileName(file), value);
                }
                NativeLibrary.Free(library);
            }
        }
        return best;
    }

    /// <summary>
    /// Loads a backend's library by absolute path, so that its dependencies are found beside it, a missing one is named, and
    /// the path may be long; ggml's own loader does none of this. The result is the backend's registry, 0 when the backend
    /// does not run on this machine.
    /// </summary>
    internal static unsafe nint LoadBackend(string fileName)
    {
        _ = NativeBase();
        nint library = Load(fileName);
        if (!NativeLibrary.TryGetExport(library, "ggml_backend_init", out nint init))
            throw new NativeLibraryMissingException(fileName, System.IO.Path.Combine(Folder, fileName), "The file is no backend of ggml.");
        return ((delegate* unmanaged[Cdecl]<nint>)init)();
    }

    // The CPU and GPU libraries need ggml-base by name; it must be there before them.
    private static nint NativeBase() => Resolve(Native.Base, typeof(Libraries).Assembly, null);

    private static nint Load(string fileName)
    {
        string path = System.IO.Path.Combine(Folder, fileName);
        if (!File.Exists(path))
            throw new NativeLibraryMissingException(fileName, path, "The file does not exist.");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryMissingException(MissingDependency.Name(path, e.Message) ?? fileName, path, e.Message, e);
        }
    }
}
