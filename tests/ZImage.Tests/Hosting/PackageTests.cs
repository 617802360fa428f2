using System.Text.Json;

namespace ZImage.Tests.Hosting;

/// <summary>The pinned packages, and what the build stages of them.</summary>
public sealed class PackageTests
{
    private static readonly string[] CpuLevels =
    [
        "x64", "sse42", "sandybridge", "ivybridge", "piledriver", "haswell", "alderlake", "skylakex", "cannonlake", "cascadelake", "cooperlake", "icelake", "zen4", "sapphirerapids",
    ];

    [Theory]
    [InlineData("native", 4)]
    [InlineData("native/cuda", 2)]
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

    [Fact]
    public void EveryLibraryIsStaged()
    {
        string folder = Repository.PathOf("Module", "native", Repository.RuntimeIdentifier);
        (string prefix, string suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : ("lib", ".so");
        string[] staged = [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!)];
        string[] required = ["ggml-base", .. CpuLevels.Select(level => $"ggml-cpu-{level}")];
        string[] optional = ["ggml-vulkan", "ggml-cuda"];

        Assert.Superset(required.Select(n => prefix + n + suffix).Append("LICENSE").ToHashSet(), staged.ToHashSet());
        Assert.Empty(staged.Except(required.Concat(optional).Select(n => prefix + n + suffix).Append("LICENSE")));
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
                "SkiaSharp.dll", "Microsoft.ML.Tokenizers.dll", "Google.Protobuf.dll",
                "runtimes/linux-x64/native/libSkiaSharp.so", "runtimes/win-x64/native/libSkiaSharp.dll",
            },
            files.ToHashSet());
        Assert.DoesNotContain("System.Management.Automation.dll", files);
    }
}
