using System.IO.Compression;
using System.Reflection;
using System.Reflection.Emit;
using System.Security.Cryptography;
using System.Xml.Linq;

namespace ZImage.Tests.Hosting;

/// <summary>What is published: what is in it, and that it works where it is installed, by its name and with nothing of the repository.</summary>
public sealed class InstalledPackageTests(PackageFixture package) : IClassFixture<PackageFixture>
{
    private const string Draw = "Import-ZModel -Demo -Device CPU -Threads 1 | New-ZImage 'a cat' -Size 32x32 -Steps 1";

    [Fact]
    public void ItHoldsWhatShipsAndNothingElse()
    {
        using ZipArchive archive = ZipFile.OpenRead(package.Package);
        string[] names = [.. archive.Entries.Select(e => e.FullName)];

        Assert.Equal($"ZImage.{package.Version}.nupkg", Path.GetFileName(package.Package));
        Assert.Superset(
            new HashSet<string>
            {
                "ZImage.psd1", "README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt", "CHANGELOG.md", "SHA256SUMS", "ZImage.nuspec", "Module/ZImage.psm1",
                "Module/ZImage.format.ps1xml", "Module/ZImage.types.ps1xml", "Module/bin/ZImage.PowerShell.dll", "Module/demo-model/z-image-demo-q8_0.gguf",
            },
            names.ToHashSet());
        Assert.DoesNotContain(names, n => n.EndsWith(".pdb", StringComparison.Ordinal) || n.EndsWith(".cs", StringComparison.Ordinal) || n.StartsWith("Module/docs/", StringComparison.Ordinal));
        // Of no system but the one that it was packed for.
        Assert.DoesNotContain(names, n => n.Contains(OperatingSystem.IsWindows() ? "linux-x64" : "win-x64", StringComparison.Ordinal));
        // In this order and with these times the same files make the same archive.
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(new DateTime(1980, 1, 1), Assert.Single(archive.Entries.Select(e => e.LastWriteTime.DateTime).Distinct()));
    }

    [Fact]
    public void TheGalleryFindsWhatItIsListedBy()
    {
        using ZipArchive archive = ZipFile.OpenRead(package.Package);
        using Stream stream = archive.GetEntry("ZImage.nuspec")!.Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single();
        string Value(string name) => metadata.Elements().Single(e => e.Name.LocalName == name).Value;
        string[] tags = Value("tags").Split(' ');

        Assert.Equal(("ZImage", package.Version), (Value("id"), Value("version")));
        Assert.All(["authors", "description", "copyright"], name => Assert.NotEmpty(Value(name)));
        Assert.Superset(new HashSet<string> { "PSModule", "PSEdition_Core", "Windows", "Linux", "PSIncludes_Cmdlet", "PSCmdlet_New-ZImage", "PSCommand_New-ZImage" }, tags.ToHashSet());
    }

    [Fact]
    public void EveryNativeLibraryHasItsDigest()
    {
        string folder = package.ModuleFolder(package.Version);
        Dictionary<string, string> digests = File.ReadAllLines(Path.Combine(folder, "SHA256SUMS")).Select(l => l.Split("  ")).ToDictionary(l => l[1], l => l[0]);
        string[] libraries =
        [
            .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))
                .Where(n => n.Contains("/native/", StringComparison.Ordinal) && Path.GetExtension(n) is ".so" or ".dll"),
        ];

        Assert.Equal(3, digests.Count);
        Assert.Equal(libraries.Order(), digests.Keys.Order());
        Assert.All(digests, d => Assert.Equal(d.Value, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, d.Key))))));
    }

    [Fact]
    public void TheAssembliesHaveTheVersionOfTheManifest()
    {
        string bin = Path.Combine(package.ModuleFolder(package.Version), "Module", "bin");

        Assert.All(Directory.GetFiles(bin, "ZImage.*.dll"), file => Assert.Equal(package.Version, AssemblyName.GetAssemblyName(file).Version!.ToString(3)));
    }

    [Fact]
    public async Task ItIsImportedByItsNameAndDraws()
    {
        string picture = Path.Combine(package.Pictures, "cat.png");
        ChildProcess run = await RunAsync($$"""
            $manifest = Test-ModuleManifest {{Quoted(Path.Combine(package.ModuleFolder(package.Version), "ZImage.psd1"))}} -WarningVariable warnings
            "$($manifest.Version) $($warnings.Count) $(($manifest.ExportedCmdlets.Keys | ForEach-Object { $_ }) -join ' ')"
            $module = Import-Module ZImage -PassThru
            "$($module.Version) $($warnings.Count) $($module.ExportedCmdlets.Keys -join ' ')"
            $module.ModuleBase
            (Get-Help New-ZImage -Parameter Prompt).name
            {{Draw}} | Save-ZImage {{Quoted(picture)}} -PassThru | ForEach-Object FullName
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(Sorted(run.Lines[1]), Sorted(run.Lines[0]));
        Assert.StartsWith($"{package.Version} 0 ", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal([package.ModuleFolder(package.Version), "Prompt", picture], run.Lines[2..]);
    }

    // The default context would hand its assembly to whoever asks for the name, were ZImage's not looked up in its own first.
    [Fact]
    public async Task ItStandsBesideAnotherVersionOfItsDependency()
    {
        const string Name = "SkiaSharp";
        using var folder = new TemporaryFolder();
        WriteStandIn(Name, folder[Name + ".dll"]);

        ChildProcess run = await RunAsync($$"""
            [void] [Reflection.Assembly]::LoadFrom("{{folder.Path}}/{{Name}}.dll")
            Import-Module ZImage
            {{Draw}} | Save-ZImage {{Quoted(Path.Combine(package.Pictures, "cat.jpg"))}} -PassThru | Get-ZImageInfo | ForEach-Object Prompt
            ('{{Name}}.StandIn' -as [type])::Name()
            foreach ($assembly in [AppDomain]::CurrentDomain.GetAssemblies()) {
                if ($assembly.GetName().Name -eq '{{Name}}') {
                    "$($assembly.GetName().Version.Major -eq 999) $([Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly).Name)"
                }
            }
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(["a cat", Name, "True Default", "False ZImage"], run.Lines);
    }

    [Fact]
    public async Task OfTwoInstalledVersionsASessionKeepsTheFirst()
    {
        package.InstallAs("0.0.1");
        ChildProcess run = await RunAsync($$"""
            Import-Module ZImage -RequiredVersion 0.0.1
            try { Import-Module ZImage -RequiredVersion {{package.Version}} -ErrorAction Stop } catch { $_.Exception.Message }
            (Get-Module ZImage).Version.ToString()
            {{Draw}} | ForEach-Object Width
            Remove-Module ZImage
            Import-Module ZImage -RequiredVersion 0.0.1 -PassThru | ForEach-Object ModuleBase
            """);

        Assert.Equal("", run.Error);
        Assert.Contains(package.ModuleFolder("0.0.1"), run.Lines[0], StringComparison.Ordinal);
        Assert.Contains(package.ModuleFolder(package.Version), run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("Start a new PowerShell session", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["0.0.1", "32", package.ModuleFolder("0.0.1")], run.Lines[1..]);
    }

    private static string[] Sorted(string words) => [.. words.Split(' ').Order(StringComparer.Ordinal)];

    // An assembly of the same name that has nothing of the real one.
    private static void WriteStandIn(string name, string path)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = new Version(999, 0, 0, 0) }, typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule(name).DefineType(name + ".StandIn", TypeAttributes.Public);
        ILGenerator code = type.DefineMethod("Name", MethodAttributes.Public | MethodAttributes.Static, typeof(string), []).GetILGenerator();
        code.Emit(OpCodes.Ldstr, name);
        code.Emit(OpCodes.Ret);
        type.CreateType();
        assembly.Save(path);
    }

    private static string Quoted(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    // Libraries and modules come from the package alone.
    private Task<ChildProcess> RunAsync(string script) => ChildProcess.RunAsync(
        ChildProcess.HostProgram, ["-NoProfile", "-Command", $"{ChildProcess.WriteUtf8}$env:PSModulePath = {Quoted(package.Modules)}; {script}"], environment: ("ZIMAGE_NATIVE_PATH", ""));
}
