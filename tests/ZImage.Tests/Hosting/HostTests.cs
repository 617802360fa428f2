using System.Diagnostics;
using System.Globalization;

namespace ZImage.Tests.Hosting;

/// <summary>The pwsh that ZImage.Host makes of its package: what scripts of ours and of users need is there, and works as in any pwsh.</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData("exit 9", 9)]
    [InlineData("throw 'no'", 1)]
    [InlineData("Get-NoSuchCommand; 1", 0)]
    public async Task CommandEndsWithExitCode(string command, int expected)
        => Assert.Equal(expected, (await ChildProcess.RunHostAsync("-Command", command)).ExitCode);

    [Fact]
    public async Task FileBindsItsArgumentsAndEndsWithItsExitCode()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("script.ps1", """
            param([string] $Name, [switch] $Force, [switch] $Quiet, [int] $Count = 1, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$Force|$Quiet|$Count|$Rest"
            exit 7
            """);

        ChildProcess run = await ChildProcess.RunHostAsync("-File", script, "-Force", "-Quiet:$false", "-Count:3", "-Name", "a 'b' $c", "-5", "x");

        Assert.Equal(["a 'b' $c|True|False|3|-5 x"], run.Lines);
        Assert.Equal(7, run.ExitCode);
    }

    [Fact]
    public async Task TheModulesOfPwshLieBesideTheEngine()
    {
        using var folder = new TemporaryFolder();
        string csv = folder.Write("jobs.csv", "Prompt,Steps\na cat,8\na dog,4\n");

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $$"""
            (Get-Module -ListAvailable | Where-Object { $_.ModuleBase.StartsWith($PSHOME) } | Sort-Object Name).Name -match '^Microsoft\.PowerShell\.(Host|Management|Security|Utility)$'
            Import-Csv -LiteralPath '{{csv}}' | Measure-Object Steps -Sum | Select-Object -ExpandProperty Sum
            (Get-ChildItem -LiteralPath '{{folder.Path}}').Name
            (Add-Type 'public static class Answer { public static int Value => 42; }' -PassThru)::Value
            1..2 | ForEach-Object -Parallel { "parallel $_" } | Sort-Object
            Write-Host 'to the host'
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(
            [
                "Microsoft.PowerShell.Host", "Microsoft.PowerShell.Management", "Microsoft.PowerShell.Security", "Microsoft.PowerShell.Utility",
                "12", "jobs.csv", "42", "parallel 1", "parallel 2", "to the host",
            ],
            run.Lines);
    }

    [Fact]
    public async Task AJobRunsInTheSamePwsh()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", "Start-Job { [Environment]::ProcessPath } | Receive-Job -Wait -AutoRemoveJob");

        Assert.Equal("", run.Error);
        Assert.Equal([ChildProcess.HostProgram], run.Lines);
    }

    [Fact]
    public async Task ErrorsGoToStandardErrorAndTheOtherStreamsToStandardOutput()
    {
        ChildProcess run = await ChildProcess.RunHostAsync(
            "-Command", "'output'; Write-Warning 'careful'; Write-Verbose 'a decision' -Verbose; Write-Error 'It went wrong.'; Write-Progress 'drawing' 'step 1'; 'more output'");

        Assert.Equal(["output", "WARNING: careful", "VERBOSE: a decision", "more output"], run.Lines);
        Assert.Equal("Write-Error: It went wrong.", run.Error.Trim());
    }

    [Fact]
    public async Task NothingIsReportedAndNoLaterVersionIsLookedFor()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", "$env:POWERSHELL_TELEMETRY_OPTOUT, $env:POWERSHELL_UPDATECHECK");

        Assert.Equal(["1", "Off"], run.Lines);
    }

    [Fact]
    public async Task ThePromptRunsStatementsUntilExit()
    {
        ChildProcess run = await ChildProcess.RunAsync(ChildProcess.HostProgram, ["-NoProfile", "-NoLogo"], "$n = 20\n$n + 1\nexit 6\n'not' + ' here'\n");

        Assert.Contains("21", run.Lines);
        Assert.DoesNotContain("not here", run.Lines);
        Assert.Equal(6, run.ExitCode);
    }

    [Fact]
    public async Task AQuestionWithoutAnyoneToAnswerIsAnError()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("ask.ps1", "[CmdletBinding(SupportsShouldProcess)] param() if ($PSCmdlet.ShouldProcess('it')) { 'done' }");

        ChildProcess run = await ChildProcess.RunHostAsync("-File", script, "-Confirm");

        Assert.DoesNotContain("done", run.Lines);
        Assert.Contains("NonInteractive", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCStopsThePipeline()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal that one process sends to another's console.");

        ChildProcess run = await ChildProcess.RunAsync(
            ChildProcess.HostProgram,
            ["-NoProfile", "-Command", "try { 'ready'; while ($true) { [Threading.Thread]::Sleep(20) } } finally { [Console]::WriteLine('cleaned up') }"],
            afterFirstLine: id => Process.Start("kill", ["-INT", id.ToString(CultureInfo.InvariantCulture)]).WaitForExit());

        Assert.Equal(["ready", "cleaned up"], run.Lines);
        Assert.NotEqual(0, run.ExitCode);
    }
}
