namespace ZImage.Tests.Hosting;

/// <summary>The entry where pwsh is not installed.</summary>
public sealed class BuildScriptTests
{
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
}
