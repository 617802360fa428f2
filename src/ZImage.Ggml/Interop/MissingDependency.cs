using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace ZImage.Ggml.Interop;

/// <summary>Names the library that keeps a backend from loading. Linux says it in the loader's text, Windows does not.</summary>
internal static partial class MissingDependency
{
    private const string CudaDriver = "nvcuda.dll";

    /// <summary>The missing file's name, or null when the loader's text does not tell and every library that it asks for can be loaded. A damaged file counts as missing.</summary>
    internal static string? Name(string libraryPath, string loaderText)
    {
        Match match = MissingSoname().Match(loaderText);
        foreach (Match m in MissingSoname().Matches(loaderText))
        {
            // The text also names the requested library itself; the dependency is the other one.
            if (!libraryPath.EndsWith(m.Groups[1].Value, StringComparison.Ordinal))
                return m.Groups[1].Value;
        }
        if (!OperatingSystem.IsWindows())
            return match.Success ? match.Groups[1].Value : null;

        // The driver is named first: without it the rest does not help.
        if (System.IO.Path.GetFileName(libraryPath).Contains("cuda", StringComparison.OrdinalIgnoreCase) && !CanLoad(CudaDriver))
            return CudaDriver;
        return FirstMissing(libraryPath, []);
    }

    private static string? FirstMissing(string library, HashSet<string> seen)
    {
        foreach (string import in Imports(library))
        {
            if (!seen.Add(import) || CanLoad(import))
                continue;
            // It may be there, and miss a library itself.
            string? found = Find(import, System.IO.Path.GetDirectoryName(library)!);
            return (found is null ? null : FirstMissing(found, seen)) ?? import;
        }
        return null;
    }

    private static IReadOnlyList<string> Imports(string library)
    {
        try
        {
            return ImportTable.Read(library);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return [];
        }
    }

    private static string? Find(string name, string folder)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(';').Prepend(Environment.SystemDirectory).Prepend(folder)
            .Select(place => System.IO.Path.Combine(place, name)).FirstOrDefault(File.Exists);

    /// <summary>How to get a missing library, in one sentence.</summary>
    internal static string Advice(string missing) => missing.ToLowerInvariant() switch
    {
        var m when m.Contains("nvcuda") || m.Contains("libcuda.") => "Install the NVIDIA driver (580 or newer for CUDA 13; 590 or newer for cards of compute capability 7.5, 8.0 and 9.0).",
        var m when m.Contains("cudart") => "Install the CUDA 13 runtime (cudart), for example with the CUDA Toolkit 13.",
        var m when m.Contains("cublas") => "Install the CUDA 13 runtime libraries (cublas and cublasLt), for example with the CUDA Toolkit 13.",
        var m when m.Contains("vulkan") && !m.Contains("ggml") => "Install a graphics driver with Vulkan (on Debian: libvulkan1 and mesa-vulkan-drivers).",
        var m when m.Contains("vcruntime") || m.Contains("msvcp") => "Install the Microsoft Visual C++ 2015-2022 redistributable (x64).",
        var m when m.Contains("ggml-cuda") => $"Install ZImage from its zip for {Libraries.RuntimeId}, which holds the CUDA backend; in the repository, stage it with ./build.ps1 build -Backend Cuda.",
        var m when m.Contains("ggml-vulkan") => "Install ZImage again; in the repository, stage the Vulkan backend with ./build.ps1 build -Backend Vulkan.",
        var m when m.Contains("ggml") => "Install ZImage again; in the repository, stage ggml's libraries with ./build.ps1 build.",
        _ => $"Install the package that provides {missing}.",
    };

    /// <summary>What a backend without a device needs.</summary>
    internal static string DriverAdvice(BackendKind backend) => backend switch
    {
        BackendKind.Cuda => Advice("libcuda.so.1"),
        BackendKind.Vulkan => Advice("libvulkan.so.1"),
        _ => Advice("ggml-cpu"),
    };

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint handle))
            return false;
        NativeLibrary.Free(handle);
        return true;
    }

    [GeneratedRegex(@"([\w.+-]+\.so(?:\.\d+)*): (?:cannot open shared object file|file too short|invalid ELF header)", RegexOptions.CultureInvariant)]
    private static partial Regex MissingSoname();
}
