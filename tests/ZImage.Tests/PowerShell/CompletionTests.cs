using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>What the Tab key offers.</summary>
[Collection(CmdletTests.Name)]
public sealed class CompletionTests(CmdletFixture fixture)
{
    [Theory]
    [InlineData("New-ZImage x -Sampler ", "euler")]
    [InlineData("New-ZImage x -Sampler HE", "heun")]
    [InlineData("New-ZImage x -Sampler dpm++2m", "dpm++2m_sde")]
    [InlineData("New-ZImage x -Scheduler smo", "smoothstep")]
    [InlineData("New-ZImage x -Scheduler kar", "karras")]
    [InlineData("New-ZImage x -Rng c", "Cpu")]
    [InlineData("New-ZImage x -Size 1024x7", "1024x768")]
    [InlineData("New-ZImage x -Model t", "tiny")]
    [InlineData("Remove-ZModel -Name t", "tiny")]
    [InlineData("Get-ZModel t", "tiny")]
    [InlineData("Import-ZModel x -Device ", "Auto")]
    [InlineData("Import-ZModel x -Device cud", "CUDA0")]
    [InlineData("Get-ZDevice vul", "Vulkan0")]
    [InlineData("Save-ZImage x.png -Format W", "WebP")]
    [InlineData("Measure-ZGeneration -Suite V", "VramOffload")]
    [InlineData("Measure-ZGeneration -VramBudget 12", "12GB")]
    public void ArgumentsAreCompleted(string line, string expected) => Assert.Contains(expected, Complete(line));

    [Fact]
    public void SamplersAndSchedulersSayWhatTheyAre()
    {
        using Shell shell = fixture.Session.Create("");
        shell.Commands.Clear();
        string[] ToolTips(string line) => [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(m => m.ToolTip)];

        Assert.Contains("Heun's method: second order, two model calls a step, no added noise.", ToolTips("New-ZImage x -Sampler "));
        Assert.Contains("Equal times, moved by the shift: what Z-Image was made with.", ToolTips("New-ZImage x -Scheduler "));
    }

    [Theory]
    [InlineData("New-ZImage x -Sampler nosuch")]
    [InlineData("New-ZImage x -Model nosuch")]
    [InlineData("Import-ZModel x -Device nosuch")]
    public void NothingFittingIsNoError(string line) => Assert.Empty(Complete(line));

    [Fact]
    public void NamesWithSpacesAreQuoted()
    {
        string name = "it's a model";
        fixture.Texts($"$odd = {CmdletFixture.ImportTiny} -Name $name", ("name", name));
        string[] completed = Complete("New-ZImage x -Model it");
        fixture.Texts("Remove-ZModel $odd");

        Assert.Equal(["'it''s a model'"], completed);
    }

    [Fact]
    public async Task CompletingDevicesLoadsNoBackend()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $$"""
            Import-Module '{{Repository.Manifest}}'
            $line = 'Import-ZModel x -Device '
            [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.Count
            [Diagnostics.Process]::GetCurrentProcess().Modules | Where-Object ModuleName -match '^(lib)?ggml' | ForEach-Object ModuleName
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(["4"], run.Lines);
    }

    private string[] Complete(string line)
    {
        using Shell shell = fixture.Session.Create("");
        shell.Commands.Clear();
        return [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(m => m.CompletionText)];
    }
}
