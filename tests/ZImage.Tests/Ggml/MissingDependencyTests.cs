using System.Runtime.InteropServices;
using System.Text;
using ZImage.Ggml;
using ZImage.Ggml.Interop;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Ggml;

/// <summary>A library that cannot be loaded because it asks for another one: which one, and what to install.</summary>
public sealed class MissingDependencyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        try
        {
            _folder.Dispose();
        }
        catch (UnauthorizedAccessException) when (Wine.IsRunning)
        {
            // Wine keeps a library open that it could not load; its own folder is deleted after the run.
        }
    }

    [Fact]
    public void The_import_table_of_a_Windows_library_is_read()
    {
        IReadOnlyList<string> imports = ImportTable.Read(Repository.PathOf("Module", "bin", "runtimes", "win-x64", "native", "libSkiaSharp.dll"));
        Assert.Contains("KERNEL32.dll", imports, StringComparer.OrdinalIgnoreCase);
        Assert.All(imports, name => Assert.EndsWith(".dll", name, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_file_of_another_kind_has_no_import_table()
        => Assert.Throws<BadImageFormatException>(() => ImportTable.Read(Repository.PathOf("Module", "bin", "runtimes", "linux-x64", "native", "libSkiaSharp.so")));

    [Fact]
    public void The_runtime_of_C()
    {
        string library = OperatingSystem.IsWindows()
            ? Changed("ggml-base", "ggml-base", "MSVCP140.dll", "MSVCP999.dll")
            : Changed("ggml-base", "ggml-base", "libstdc++.so.6", "libstdc++.so.9");
        AssertNamed(library, OperatingSystem.IsWindows() ? "MSVCP999.dll" : "libstdc++.so.9", OperatingSystem.IsWindows() ? "Visual C++" : "libstdc++.so.9");
    }

    [Fact]
    public void The_Vulkan_loader()
        => AssertNamed(Changed("ggml-vulkan", "ggml-vulkan", VulkanLoader, Name("vulkan", 9)), Name("vulkan", 9), "graphics driver with Vulkan");

    [Fact]
    public void The_libraries_of_CUDA()
    {
        string blas = OperatingSystem.IsWindows() ? "cublas64.dll" : "libcublas.so.9";
        bool hasDriver = NativeLibrary.TryLoad(MissingDependency.CudaDriver, out _);
        AssertNamed(Changed("ggml-vulkan", "ggml-cuda", VulkanLoader, blas), hasDriver ? blas : MissingDependency.CudaDriver, hasDriver ? "CUDA 13 runtime" : "NVIDIA driver");
    }

    [Fact]
    public void A_library_that_is_there_and_misses_another()
    {
        string inner = Changed("ggml-vulkan", "inner", VulkanLoader, Name("vulkan", 8));
        File.Move(inner, Path.Combine(_folder.Path, Between));
        AssertNamed(ChangedToBetween(), Name("vulkan", 8), "graphics driver with Vulkan");
    }

    [Fact]
    public void A_library_that_is_there_and_damaged()
    {
        _folder.Write(Between, [.. Enumerable.Repeat((byte)'x', 5000)]);
        AssertNamed(ChangedToBetween(), Between, "./build.ps1 build");
    }

    private static string Between => OperatingSystem.IsWindows() ? "ggml-two.dll" : "libggmltwo.so";

    private string ChangedToBetween() => Changed("ggml-vulkan", "ggml-vulkan", VulkanLoader, OperatingSystem.IsWindows() ? Between : Between + "\0");

    private static string VulkanLoader => Name("vulkan", 1);

    private static string Name(string library, int version) => OperatingSystem.IsWindows() ? $"{library}-{version}.dll" : $"lib{library}.so.{version}";

    private static void AssertNamed(string path, string expected, string advice)
    {
        // The dependencies that are left must be found, wherever the test process looks.
        _ = Devices.GgmlVersion;
        var fault = Assert.Throws<DllNotFoundException>(() => NativeLibrary.Load(path));
        string? missing = MissingDependency.Name(path, fault.Message);
        Assert.Equal(expected, missing);
        Assert.Contains(advice, MissingDependency.Advice(missing!), StringComparison.Ordinal);
    }

    // A copy that asks for another library than the original: the names are as long as each other.
    private string Changed(string library, string copy, string old, string @new)
    {
        string original = Path.Combine(Libraries.Folder, Libraries.FileName(library));
        Assert.SkipUnless(File.Exists(original), $"The build staged no {library}.");
        byte[] file = File.ReadAllBytes(original);
        byte[] from = Encoding.ASCII.GetBytes(old + "\0"), to = Encoding.ASCII.GetBytes(@new);
        int at = file.AsSpan().IndexOf(from);
        Assert.True(at > 0 && to.Length == old.Length);
        to.CopyTo(file, at);
        Assert.Equal(-1, file.AsSpan().IndexOf(from));
        return _folder.Write(Libraries.FileName(copy), file);
    }
}
