using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>New-ZImage -StageBatch: what is collected, what comes when, and what a stop leaves.</summary>
[Collection(CmdletTests.Name)]
public sealed class StageBatchCmdletTests(CmdletFixture fixture)
{
    [Fact]
    public void PicturesComeAsSoonAsTheyAreDecoded()
    {
        // Each picture is seen before the next is there: the second one's decoding is reported behind the first one's line.
        PowerShellResult result = fixture.Session.Run(CmdletFixture.Small + "1..3 | ForEach-Object { \"a boat $_\" } | New-ZImage @small -StageBatch 5 -Model tiny | ForEach-Object { $_.Prompt }").ShouldSucceed();

        Assert.Equal(["a boat 1", "a boat 2", "a boat 3"], result.Output.Select(o => o.ToString()));
        Assert.Equal(["Drawing 3 prompts stage by stage"], result.Progress.Select(record => record.Activity).Distinct());
        string[] states = [.. result.Progress.Where(record => record.RecordType == ProgressRecordType.Processing).Select(record => record.StatusDescription.Split(',')[0])];
        Assert.Contains("Reading 3 prompts", states);
        Assert.Equal(["1 of 3: Step 2 of 2", "2 of 3: Step 2 of 2", "3 of 3: Step 2 of 2"], states.Where(state => state.EndsWith("Step 2 of 2", StringComparison.Ordinal)));
        Assert.Equal(["1 of 3: Decoding the picture", "2 of 3: Decoding the picture", "3 of 3: Decoding the picture"], states.Where(state => state.EndsWith("picture", StringComparison.Ordinal)));
        int[] percent = [.. result.Progress.Where(record => record.PercentComplete >= 0).Select(record => record.PercentComplete)];
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
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, status => status.Contains("Step 2 ", StringComparison.Ordinal));
        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }
}
