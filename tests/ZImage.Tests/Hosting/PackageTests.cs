using System.Security.Cryptography;
using System.Text.Json;
using ZImage.Ggml.Interop;

namespace ZImage.Tests.Hosting;

/// <summary>The pinned packages, and what the build stages of them.</summary>
public sealed class PackageTests
{
    private static readonly string[] CpuLevels = ["x64", "sse42", "sandybridge", "haswell", "alderlake", "skylakex", "cannonlake", "cascadelake", "icelake"];

    private static readonly string[] MoreCpuLevelsOnLinux = ["ivybridge", "piledriver", "cooperlake", "zen4", "sapphirerapids"];

    [Theory]
    [InlineData("native", 4)]
    [InlineData("native/cuda", 1)]
    [InlineData("tests/tokenizer", 2)]
    public void LockFilesHaveIntegrityAndNoAddresses(string folder, int packages)
    {
        string text = File.ReadAllText(Repository.PathOf(folder, "package-lock.json"));
        using JsonDocument document = JsonDocument.Parse(text);
        JsonProperty[] entries = [.. document.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0)];

        Assert.Equal(packages, entries.Length);
        Assert.All(entries, p => Assert.StartsWith("sha512-", p.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal));
        Assert.All(entries, p => Assert.False(p.Value.TryGetProperty("resolved", out _), p.Name));
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryPackageIsPinnedToOneVersion()
    {
        IEnumerable<string?> versions = ((string[])["native", "native/cuda"])
            .Select(folder => JsonDocument.Parse(File.ReadAllText(Repository.PathOf(folder, "package.json"))))
            .SelectMany(d => d.RootElement.GetProperty("optionalDependencies").EnumerateObject())
            .Select(p => p.Value.GetString());

        Assert.Matches(@"^\d+\.\d+\.\d+$", Assert.Single(versions.Distinct()));
    }

    private static string[] MainLibraries
        => ["ggml-base", .. CpuLevels.Concat(OperatingSystem.IsWindows() ? [] : MoreCpuLevelsOnLinux).Select(level => $"ggml-cpu-{level}")];

    private static string StagedFolder => Repository.PathOf("Module", "native", Repository.RuntimeIdentifier);

    [Fact]
    public void EveryLibraryIsStaged()
    {
        (string prefix, string suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : ("lib", ".so");
        string[] staged = [.. Directory.GetFiles(StagedFolder).Select(f => Path.GetFileName(f)!)];
        string[] required = MainLibraries;
        string[] optional = ["ggml-vulkan", "ggml-cuda"];

        Assert.Superset(required.Select(n => prefix + n + suffix).Append("LICENSE").ToHashSet(), staged.ToHashSet());
        Assert.Empty(staged.Except(required.Concat(optional).Select(n => prefix + n + suffix).Append("LICENSE")));
    }

    // Builds differ from package to package on Windows: those of two must not be mixed, and most are not optimised.
    [Fact]
    public void BaseAndCpuLibrariesAreOfOnePackage()
    {
        string package = OperatingSystem.IsWindows() ? "win-x64-cuda" : "linux-x64";
        // The build keeps packages of another system than its own apart.
        string packages = Wine.IsRunning ? Repository.PathOf("artifacts", "native-win-x64") : Repository.PathOf("native");
        string source = Path.Combine(packages, "node_modules", "@node-llama-cpp", package, "bins", package);

        Assert.All(MainLibraries.Select(Libraries.FileName), name => Assert.Equal(Digest(Path.Combine(source, name)), Digest(Path.Combine(StagedFolder, name))));
    }

    [Fact]
    public void TheModuleShipsItsDependenciesForBothSystemsAndNoShell()
    {
        string bin = Repository.PathOf("Module", "bin");
        string[] files = [.. Directory.GetFiles(bin, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(bin, f).Replace('\\', '/'))];

        Assert.Superset(
            new HashSet<string>
            {
                "ZImage.Loader.dll", "ZImage.PowerShell.dll", "ZImage.PowerShell.deps.json", "ZImage.Engine.dll", "ZImage.Ggml.dll",
                "SkiaSharp.dll", "runtimes/linux-x64/native/libSkiaSharp.so", "runtimes/win-x64/native/libSkiaSharp.dll",
            },
            files.ToHashSet());
        Assert.DoesNotContain("System.Management.Automation.dll", files);
    }

    private static string Digest(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
