using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>New-ZImage -StageBatch: what is collected, what comes when, and what a stop leaves.</summary>
[Collection(CmdletTests.Name)]
public sealed class StageBatchCmdletTests(CmdletFixture fixture)
{
    [Fact]
    public void PicturesComeInOrderAndProgressSaysWhichIsDrawn()
    {
        PowerShellResult result = fixture.Session.Run("1..3 | ForEach-Object { \"a boat $_\" } | New-ZImage -Size 64x64 -Steps 30 -StageBatch 5 -Model tiny | ForEach-Object { $_.Prompt }").ShouldSucceed();

        Assert.Equal(["a boat 1", "a boat 2", "a boat 3"], result.Output.Select(o => o.ToString()));
        ProgressRecord[] run = [.. result.Progress.Where(record => record.Activity == "Drawing 3 prompts stage by stage" && record.RecordType == ProgressRecordType.Processing)];
        Assert.Contains(run, record => record.StatusDescription.EndsWith(" of 3: Sampling", StringComparison.Ordinal));
        int[] percent = [.. run.Where(record => record.PercentComplete >= 0).Select(record => record.PercentComplete)];
        Assert.Equal(percent.Order(), percent);
    }

    [Fact]
    public void AnotherModelBeginsAnotherStage()
    {
        string[] texts = fixture.Texts($$"""
            $other = {{CmdletFixture.ImportTiny}} -Name other
            'tiny', 'tiny', 'other', 'tiny' | ForEach-Object { [pscustomobject] @{ Prompt = 'a cat'; Model = $_ } } | New-ZImage @small -Seed 1 -StageBatch 9 | ForEach-Object { "$($_.Plan.Prompts)" }
            Remove-ZModel other
            """);

        Assert.Equal(["2", "2", "1", "1"], texts);
    }

    [Fact]
    public void PicturesOfACountAreDrawnInOneStage()
        => Assert.Equal(["4 7", "4 8", "4 9", "4 7"], fixture.Texts("@([pscustomobject] @{ Prompt = 'a cat'; Count = 3 }; [pscustomobject] @{ Prompt = 'a dog'; Count = 1 }) | New-ZImage @small -Seed 7 -BatchSize 1 -StageBatch 9 -Model tiny | ForEach-Object { \"$($_.Plan.Prompts) $($_.Seed)\" }"));

    [Fact]
    public async Task AStopLeavesTheSessionUsable()
    {
        using Shell shell = fixture.Session.Create("1..64 | ForEach-Object { \"a cat $_\" } | New-ZImage -Size 64x64 -Steps 1000 -Model tiny -StageBatch 64");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, CmdletFixture.IsSampling);
        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }
}
