using System.IO.Compression;
using System.Management.Automation;
using ZImage.Ggml.Interop;

namespace ZImage.Tests.Hosting;

/// <summary>
/// The gallery's package with the libraries that any processor needs, installed as an installer does it: expanded into a folder
/// of PSModulePath that is named awkwardly, and may only be read.
/// </summary>
public sealed class PackageFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackageFixture()
    {
        string[] libraries = [.. ((string[])["ggml-base", "ggml-cpu-x64"]).Select(name => Repository.PathOf("Module", "native", Repository.RuntimeIdentifier, Libraries.FileName(name)))];
        using var session = new PowerShellSession(importModule: false);
        PowerShellResult result = session.Run(
            "& $pack -Library @{ $system = $libraries } -OutputFolder $folder -Format Nupkg; (Test-ModuleManifest $manifest).Version.ToString()",
            ("pack", Repository.PathOf("src", "ZImage.Package", "pack.ps1")),
            ("system", Repository.RuntimeIdentifier),
            ("libraries", libraries),
            ("folder", _folder.Path),
            ("manifest", Repository.Manifest));
        result.ThrowIfEnded();
        Package = (string)result.Output[0].BaseObject;
        Version = (string)result.Output[1].BaseObject;
        Install(Version, manifest => manifest);
    }

    /// <summary>Path of the .nupkg.</summary>
    public string Package { get; }

    /// <summary>The version that the manifest has.</summary>
    public string Version { get; }

    /// <summary>The folder of installed modules, for PSModulePath.</summary>
    public string Modules => Path.Combine(_folder.Path, "модули 猫 it's");

    public string ModuleFolder(string version) => Path.Combine(Modules, "ZImage", version);

    /// <summary>A folder for what a test writes.</summary>
    public string Pictures => _folder["pictures/"];

    /// <summary>Installs the package as another version, too.</summary>
    public void InstallAs(string version) => Install(version, manifest => manifest.Replace($"'{Version}'", $"'{version}'", StringComparison.Ordinal));

    private void Install(string version, Func<string, string> change)
    {
        string folder = ModuleFolder(version), manifest = Path.Combine(folder, "ZImage.psd1");
        ZipFile.ExtractToDirectory(Package, folder);
        Directory.Delete(Path.Combine(folder, "_rels"), recursive: true);
        File.Delete(Path.Combine(folder, "[Content_Types].xml"));
        File.Delete(Path.Combine(folder, "ZImage.nuspec"));
        File.WriteAllText(manifest, change(File.ReadAllText(manifest)));
        foreach (string file in Files(folder))
            File.SetAttributes(file, FileAttributes.ReadOnly);
    }

    public void Dispose()
    {
        foreach (string file in Files(Modules))
            File.SetAttributes(file, FileAttributes.Normal);
        _folder.Dispose();
    }

    private static string[] Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
}
