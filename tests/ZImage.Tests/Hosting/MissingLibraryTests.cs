using ZImage.Ggml.Interop;
using ZImage.Tests.Cmdlets;

namespace ZImage.Tests.Hosting;

/// <summary>A folder of native libraries that lacks one: the shell names the file and the cure. A process each, because libraries stay loaded.</summary>
public sealed class MissingLibraryTests : IDisposable
{
    private static readonly string[] Staged = ["ggml-base", "ggml-cpu-x64"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ggml-base", "ggml-base")]
    [InlineData("ggml-cpu-x64", "ggml-cpu")]
    public async Task WithoutALibraryTheCpuCannotBeUsed(string left, string named)
    {
        Stage(Staged.Where(library => library != left));
        ChildProcess run = await RunAsync($"""
            {CmdletFixture.ImportTiny}
            Get-ZDevice CPU | ForEach-Object MissingLibrary
            """);

        Assert.Equal([Libraries.FileName(named)], run.Lines);
        Assert.Contains($"'{Libraries.FileName(named)}' is missing", run.Error, StringComparison.Ordinal);
        Assert.Contains("./build.ps1 build", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutTheLibrariesOfAGpuTheCpuDraws()
    {
        Stage(Staged);
        ChildProcess run = await RunAsync($$"""
            Get-ZDevice | ForEach-Object { "$($_.Name)|$($_.IsAvailable)|$($_.MissingLibrary)|$($_.RecommendedAction)" }
            {{CmdletFixture.ImportTiny}} | New-ZImage 'a cat' -Size 32x32 -Steps 1 | ForEach-Object Width
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(
            [
                "CPU|True||",
                $"CUDA|False|{Libraries.FileName("ggml-cuda")}|Install ZImage from its zip for {Repository.RuntimeIdentifier}, which holds the CUDA backend; in the repository, stage it with ./build.ps1 build -Backend Cuda.",
                $"Vulkan|False|{Libraries.FileName("ggml-vulkan")}|Install ZImage again; in the repository, stage the Vulkan backend with ./build.ps1 build -Backend Vulkan.",
                "32",
            ],
            run.Lines);
    }

    [Fact]
    public async Task WithoutTheFolderEveryLibraryIsMissing()
    {
        ChildProcess run = await RunAsync("Get-ZDevice | ForEach-Object { \"$($_.IsAvailable) $($_.MissingLibrary)\" }");

        Assert.Equal([$"False {Libraries.FileName("ggml-base")}", $"False {Libraries.FileName("ggml-base")}", $"False {Libraries.FileName("ggml-base")}"], run.Lines);
    }

    private string NativeFolder => Path.Combine(_folder.Path, "native");

    private void Stage(IEnumerable<string> libraries)
    {
        Directory.CreateDirectory(NativeFolder);
        foreach (string name in libraries.Select(Libraries.FileName))
            File.Copy(Repository.PathOf("Module", "native", Repository.RuntimeIdentifier, name), Path.Combine(NativeFolder, name));
    }

    private Task<ChildProcess> RunAsync(string script) => ChildProcess.RunAsync(
        ChildProcess.HostProgram, ["-NoProfile", "-Command", $"Import-Module '{Repository.Manifest}'; {script}"], environment: ("ZIMAGE_NATIVE_PATH", NativeFolder));
}
