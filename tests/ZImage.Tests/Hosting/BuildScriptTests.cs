using System.Management.Automation;
using System.Management.Automation.Language;

namespace ZImage.Tests.Hosting;

/// <summary>The scripts that must run without the Utility and Management modules, and the entry that needs no pwsh.</summary>
public sealed class BuildScriptTests
{
    public static TheoryData<string> Scripts => ["build.ps1", "package/pack.ps1", "Module/ZImage.psm1", "examples/demo.ps1", "examples/judge-card.ps1"];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void ScriptsUseOnlyCommandsOfTheCore(string path)
    {
        ScriptBlockAst script = Parser.ParseFile(Repository.PathOf(path), out _, out ParseError[] errors);
        Assert.Empty(errors);
        HashSet<string> known = [.. CoreCommands(), .. DefinedIn(script)];

        IEnumerable<string> foreign = script.FindAll(a => a is CommandAst, searchNestedScriptBlocks: true)
            .Cast<CommandAst>()
            .Select(c => c.GetCommandName())
            .Where(name => name is not null && !known.Contains(name, StringComparer.OrdinalIgnoreCase));

        Assert.Empty(foreign);
    }

    [Fact]
    public async Task RunEndsWithTheScriptsExitCode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "build.sh is the entry for Linux.");
        using var folder = new TemporaryFolder();
        string script = folder.Write("it's.ps1", "param($Text, [switch] $Force) \"$Text $Force $((Get-Command Get-ZDevice).ModuleName)\"; exit 4");
        string entry = Repository.PathOf("build.sh");

        ChildProcess file = await ChildProcess.RunAsync("sh", [entry, "run", "-File", script, "-Text", "it's $here", "-Force"]);
        ChildProcess command = await ChildProcess.RunAsync("sh", [entry, "run", "-Command", "(Get-Module ZImage).Name; exit 3"]);

        Assert.Equal("it's $here True ZImage", file.Lines[^1]);
        Assert.Equal(4, file.ExitCode);
        Assert.Equal("ZImage", command.Lines[^1]);
        Assert.Equal(3, command.ExitCode);
    }

    // What the bare engine offers, with the module's own cmdlets for the examples.
    private static IEnumerable<string> CoreCommands()
    {
        using var session = new PowerShellSession();
        return session.Run("Get-Command -CommandType Cmdlet, Alias -All | ForEach-Object Name").Output.Select(o => o.ToString()!).ToArray();
    }

    private static IEnumerable<string> DefinedIn(ScriptBlockAst script)
        => script.FindAll(a => a is FunctionDefinitionAst, searchNestedScriptBlocks: true).Cast<FunctionDefinitionAst>().Select(f => f.Name);
}
