using ZImage.Engine.Imaging;
using ZImage.Ggml.Interop;
using ZImage.Tests.Cmdlets;

namespace ZImage.Tests.Hosting;

/// <summary>The module, the model files and the pictures in folders with awkward names; the module may only be read there.</summary>
public sealed class ModulePlaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        foreach (string file in Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories))
            File.SetAttributes(file, FileAttributes.Normal);
        _folder.Dispose();
    }

    public static TheoryData<string> Places =>
    [
        "ein Ordner (neu) & mehr",
        "it's [one] of $many",
        "модуль 猫 🐱",
        // Longer than 260 characters, which Windows took for the longest path.
        string.Join('/', Enumerable.Repeat("a folder with a long name that goes on and on and on and on and on and on and on", 4)),
    ];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task APictureIsDrawnAndSaved(string place)
    {
        string root = Path.GetFullPath(place, _folder.Path);
        string module = Path.Combine(root, "ZImage"), models = Path.Combine(module, "Module", "demo-model"), pictures = Path.Combine(root, "pictures");
        CopyModule(module);
        // Small models stand in for the demo model.
        Directory.CreateDirectory(models);
        foreach (string file in (string[])[CmdletFixture.Diffusion, CmdletFixture.TextEncoder, CmdletFixture.Vae])
            File.Copy(file, Path.Combine(models, Path.GetFileName(file)));
        foreach (string file in Directory.GetFiles(root, "*", SearchOption.AllDirectories))
            File.SetAttributes(file, FileAttributes.ReadOnly);
        string[] before = Contents(root);

        ChildProcess run = await RunAsync($$"""
            $manifest = [WildcardPattern]::Escape({{Quoted(Path.Combine(module, "ZImage.psd1"))}})
            Import-Module $manifest -ErrorAction Stop
            Import-Module $manifest -Force -PassThru -ErrorAction Stop | ForEach-Object ModuleBase
            Import-ZModel -LiteralPath {{Quoted(models)}} -Device CPU | Remove-ZModel
            Import-ZModel -Demo -Device CPU -Threads 1 | New-ZImage 'a cat' -Size 32x32 -Steps 1 -Seed 1 |
                Save-ZImage {{Quoted(Path.Combine(pictures, "{seed}.png"))}} -PassThru | ForEach-Object FullName
            """);

        Assert.True(run.Error.Length == 0, run.Error);
        Assert.Equal([module, Path.Combine(pictures, "1.png")], run.Lines);
        Assert.Equal(32, ImageFile.Load(Path.Combine(pictures, "1.png")).Width);
        Directory.Delete(pictures, recursive: true);
        Assert.Equal(before, Contents(root));
    }

    // With the libraries that any processor needs, and the others left out.
    private static void CopyModule(string target)
    {
        string native = Path.Combine("Module", "native", Repository.RuntimeIdentifier);
        string[] files =
        [
            Repository.Manifest,
            .. Directory.GetFiles(Repository.PathOf("Module")),
            .. Directory.GetFiles(Repository.PathOf("Module", "bin"), "*", SearchOption.AllDirectories),
            .. ((string[])["ggml-base", "ggml-cpu-x64"]).Select(library => Repository.PathOf(native, Libraries.FileName(library))),
        ];
        foreach (string file in files)
        {
            string copy = Path.Combine(target, Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string[] Contents(string folder)
        => [.. new DirectoryInfo(folder).GetFileSystemInfos("*", SearchOption.AllDirectories).Select(e => $"{e.FullName} {e.LastWriteTimeUtc:O} {(e as FileInfo)?.Length}").Order()];

    private static string Quoted(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    // The libraries come from beside the module, as they do for users.
    private static Task<ChildProcess> RunAsync(string script)
        => ChildProcess.RunAsync(ChildProcess.HostProgram, ["-NoProfile", "-Command", ChildProcess.WriteUtf8 + script], environment: ("ZIMAGE_NATIVE_PATH", ""));
}
