using System.Diagnostics;
using System.Globalization;

namespace ZImage.Tests.Hosting;

/// <summary>ZImage.Host in a process of its own: exit codes, streams and arguments as pwsh has them.</summary>
public sealed class HostTests
{
    private const string WriteEveryStream = """
        [CmdletBinding()] param()
        'output'
        $PSCmdlet.WriteWarning('careful')
        $PSCmdlet.WriteVerbose('a decision')
        $PSCmdlet.WriteProgress([Management.Automation.ProgressRecord]::new(1, 'drawing', 'step 1'))
        $record = [Management.Automation.ErrorRecord]::new([Exception]::new('It went wrong.'), 'WentWrong', 'InvalidData', 'x')
        $record.ErrorDetails = [Management.Automation.ErrorDetails]::new('It went wrong.')
        $record.ErrorDetails.RecommendedAction = 'Try again.'
        $PSCmdlet.WriteError($record)
        'more output'
        """;

    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 9", 9)]
    [InlineData("throw 'no'", 1)]
    [InlineData("1 +", 1)]
    [InlineData("Get-NoSuchCommand; 1", 0)]
    [InlineData("1; Get-NoSuchCommand", 1)]
    [InlineData("try { throw 'no' } catch { 'caught' }", 0)]
    public async Task CommandEndsWithExitCode(string command, int expected)
        => Assert.Equal(expected, (await ChildProcess.RunHostAsync("-Command", command)).ExitCode);

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("'before'; exit 7", 7)]
    [InlineData("& { exit 8 }", 8)]
    [InlineData("throw 'no'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-NoSuchCommand", 1)]
    [InlineData("Get-NoSuchCommand", 0)]
    public async Task FileEndsWithExitCode(string script, int expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(expected, (await ChildProcess.RunHostAsync("-File", folder.Write("script.ps1", script))).ExitCode);
    }

    [Fact]
    public async Task ExitOfAnInnerScriptEndsThatScriptAlone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("inner.ps1", "exit 5");
        string outer = folder.Write("outer.ps1", "& $PSScriptRoot/inner.ps1; \"inner ended with $LASTEXITCODE\"");

        ChildProcess run = await ChildProcess.RunHostAsync("-File", outer);

        Assert.Equal(["inner ended with 5"], run.Lines);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task UnknownOptionAndMissingFileAreUsageErrors()
    {
        ChildProcess unknown = await ChildProcess.RunHostAsync("-Nonsense");
        ChildProcess missing = await ChildProcess.RunHostAsync("-File", "no-such-script.ps1");

        Assert.Equal(64, unknown.ExitCode);
        Assert.Contains("'-Nonsense'", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(64, missing.ExitCode);
        Assert.Contains(Repository.PathOf("no-such-script.ps1"), missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileBindsItsArguments()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("script.ps1", """
            param([string] $Name, [switch] $Force, [switch] $Quiet, [int] $Count = 1, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$Force|$Quiet|$Count|$Rest"
            """);

        ChildProcess run = await ChildProcess.RunHostAsync("-File", script, "-Force", "-Quiet:$false", "-Count:3", "-Name", "a 'b' $c", "-5", "x");

        Assert.Equal(["a 'b' $c|True|False|3|-5 x"], run.Lines);
    }

    [Fact]
    public async Task ErrorsGoToStandardErrorAndTheOtherStreamsToStandardOutput()
    {
        using var folder = new TemporaryFolder();

        ChildProcess run = await ChildProcess.RunHostAsync("-File", folder.Write("streams.ps1", WriteEveryStream), "-Verbose");

        Assert.Equal(["output", "WARNING: careful", "VERBOSE: a decision", "more output"], run.Lines);
        Assert.Equal("streams.ps1: It went wrong. [WentWrong,streams.ps1]\n  Try again.\n", run.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task AProgramsStandardErrorIsPassedOnAsItIs()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $"& '{ChildProcess.HostProgram}' -Nonsense; \"ended with $LASTEXITCODE\"");

        Assert.Equal("ZImage.Host: '-Nonsense' is not an option.\n", run.Error.ReplaceLineEndings("\n"));
        Assert.Equal(["ended with 64"], run.Lines);
    }

    [Fact]
    public async Task AScriptErrorNamesItsFileAndLine()
    {
        using var folder = new TemporaryFolder();

        ChildProcess run = await ChildProcess.RunHostAsync("-File", folder.Write("script.ps1", "\n\n[int]::Parse('x')"));

        Assert.Contains("[FormatException] (script.ps1:3)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ObjectsAreFormattedWithoutColourWhenRedirected()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", "[pscustomobject] @{ Width = 64; Height = 32 }");

        Assert.Equal(["Width Height", "----- ------", "   64     32"], run.Lines.Where(l => l.Length > 0));
    }

    [Fact]
    public async Task ThePromptRunsStatementsOverSeveralLines()
    {
        ChildProcess run = await ChildProcess.RunAsync(ChildProcess.HostProgram, [], "$n = 20\nif ($n) {\n  $n + 1\n}\nGet-NoSuchCommand\n'still here'\nexit 6\n'not here'\n");

        Assert.Equal(["21", "still here"], run.Lines);
        Assert.Contains("[CommandNotFoundException]", run.Error, StringComparison.Ordinal);
        Assert.Equal(6, run.ExitCode);
    }

    [Fact]
    public async Task AQuestionWithoutAnyoneToAnswerIsAnError()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("ask.ps1", "[CmdletBinding(SupportsShouldProcess)] param() if ($PSCmdlet.ShouldProcess('it')) { 'done' }");

        ChildProcess answered = await ChildProcess.RunAsync(ChildProcess.HostProgram, ["-File", script, "-Confirm"], "y\n");
        ChildProcess alone = await ChildProcess.RunHostAsync("-NonInteractive", "-File", script, "-Confirm");

        Assert.EndsWith("done", answered.Lines[^1], StringComparison.Ordinal);
        Assert.Equal("", alone.Output);
        Assert.Contains("-NonInteractive", alone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCStopsThePipeline()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal that one process sends to another's console.");

        ChildProcess run = await ChildProcess.RunAsync(
            ChildProcess.HostProgram,
            ["-Command", "try { 'ready'; while ($true) { [Threading.Thread]::Sleep(20) } } finally { [Console]::WriteLine('cleaned up') }"],
            afterFirstLine: id => Process.Start("kill", ["-INT", id.ToString(CultureInfo.InvariantCulture)]).WaitForExit());

        Assert.Equal(["ready", "cleaned up"], run.Lines);
        Assert.Equal(130, run.ExitCode);
    }
}
