using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;

namespace ZImage.Tests.Hosting;

/// <summary>The built module, imported as users import it.</summary>
public sealed class ModuleImportTests
{
    private const string CountExports = "(Get-Module ZImage).ExportedCmdlets.Count";

    [Fact]
    public void ManifestExportsEqualTheCompiledCmdlets()
    {
        string[] compiled = CompiledCmdlets();
        Ast manifest = Parser.ParseFile(Repository.Manifest, out _, out ParseError[] errors);
        Assert.Empty(errors);
        var table = (System.Collections.Hashtable)manifest.Find(a => a is HashtableAst, searchNestedScriptBlocks: false).SafeGetValue();

        Assert.Equal(compiled, ((object[])table["CmdletsToExport"]!).Cast<string>().Order());
        Assert.All(["FunctionsToExport", "AliasesToExport", "VariablesToExport"], key => Assert.Empty((object[])table[key]!));
    }

    [Fact]
    public void TheModuleExportsEveryCompiledCmdlet()
    {
        using var session = new PowerShellSession();

        Assert.Equal(CompiledCmdlets(), session.Run("(Get-Module ZImage).ExportedCmdlets.Keys").Output.Select(o => o.ToString()).Order());
    }

    [Fact]
    public async Task ImportingAgainKeepsTheCmdlets()
    {
        string script = $"""
            Import-Module '{Repository.Manifest}'; {CountExports}
            Import-Module '{Repository.Manifest}'; {CountExports}
            Import-Module '{Repository.Manifest}' -Force; {CountExports}
            Import-Module '{Repository.Manifest}' -Force; {CountExports}
            Remove-Module ZImage; [bool] (Get-Command Get-ZDevice -ErrorAction Ignore)
            Import-Module '{Repository.Manifest}'; {CountExports}
            (Get-Command Get-ZDevice).ModuleName
            """;

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", script);

        string count = CompiledCmdlets().Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("", run.Error);
        Assert.Equal([count, count, count, count, "False", count, "ZImage"], run.Lines);
    }

    [Fact]
    public async Task ParallelRunspacesImportTheModule()
    {
        string script = $$"""
            $counts = 1..8 | ForEach-Object -ThrottleLimit 4 -Parallel {
                Import-Module '{{Repository.Manifest}}'
                Import-Module '{{Repository.Manifest}}' -Force
                {{CountExports}}
            }
            "$counts"
            """;

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", script);

        Assert.Equal("", run.Error);
        Assert.Equal([string.Join(' ', Enumerable.Repeat(CompiledCmdlets().Length, 8))], run.Lines);
    }

    [Fact]
    public async Task DependenciesStayOutOfTheDefaultLoadContext()
    {
        string script = $$"""
            Import-Module '{{Repository.Manifest}}'
            $cmdlets = (Get-Command Get-ZDevice).ImplementingType.Assembly
            $context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($cmdlets)
            $context.Name
            foreach ($name in 'ZImage.Engine', 'ZImage.Ggml', 'SkiaSharp') {
                [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($context.LoadFromAssemblyName($name)).Name
            }
            [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($context.LoadFromAssemblyName('System.Management.Automation')).Name
            [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies | ForEach-Object { $_.GetName().Name } |
                Where-Object { $_ -match '^(ZImage\.(Engine|Ggml|PowerShell)|SkiaSharp)$' }
            """;

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", script);

        Assert.Equal("", run.Error);
        Assert.Equal(["ZImage", "ZImage", "ZImage", "ZImage", "Default"], run.Lines);
    }

    [Fact]
    public async Task TheEngineIsTheOneInMachineCodeOfThisSystem()
    {
        string compiled = Repository.PathOf("Module", "bin", "runtimes", Repository.RuntimeIdentifier, "lib", "ZImage.Engine.dll");
        // Built on another system, the module has none for this one, and its portable engine is compiled as it runs.
        string expected = File.Exists(compiled) ? compiled : Repository.PathOf("Module", "bin", "ZImage.Engine.dll");

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $$"""
            Import-Module '{{Repository.Manifest}}'
            $context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext((Get-Command Get-ZDevice).ImplementingType.Assembly)
            $context.LoadFromAssemblyName('ZImage.Engine').Location
            """);

        Assert.Equal("", run.Error);
        Assert.Equal([expected], run.Lines);
        using var file = new PEReader(File.OpenRead(expected));
        Assert.Equal(expected == compiled, file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
        Assert.True(Wine.IsRunning || expected == compiled);
    }

    [Fact]
    public async Task WithoutABuildTheImportSaysHowToBuild()
    {
        using var folder = new TemporaryFolder();
        folder.Write("ZImage.psd1", File.ReadAllText(Repository.Manifest));
        foreach (string name in (string[])["ZImage.psm1", "ZImage.format.ps1xml", "ZImage.types.ps1xml"])
        {
            folder.Write(Path.Combine("Module", name), File.ReadAllText(Repository.PathOf("Module", name)));
        }

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $"Import-Module '{folder.Path}/ZImage.psd1'");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("./build.ps1", run.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder.Path, "Module", "bin"), run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherCopyInTheSameProcessIsRefused()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Repository.PathOf("Module", "bin"), "ZImage*"))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        using var session = new PowerShellSession();
        PowerShellResult result = session.Run(
            "[ZImage.Loader.ModuleLoadContext]::LoadCmdlets($other)",
            ("other", Path.Combine(folder.Path, "ZImage.PowerShell.dll")));

        Assert.Contains(Repository.PathOf("Module", "bin", "ZImage.PowerShell.dll"), Assert.Single(result.Errors).Exception.Message, StringComparison.Ordinal);
    }

    // Of the built module, loaded into its own context by an import.
    private static string[] CompiledCmdlets()
    {
        using var session = new PowerShellSession();
        return
        [
            .. AssemblyLoadContext.All.Single(c => c.Name == "ZImage").Assemblies.Single(a => a.GetName().Name == "ZImage.PowerShell").GetTypes()
                .Select(t => t.GetCustomAttribute<CmdletAttribute>())
                .OfType<CmdletAttribute>()
                .Select(c => $"{c.VerbName}-{c.NounName}")
                .Order(),
        ];
    }
}
