using System.Management.Automation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>The progress bar of an image, from its first to its last record.</summary>
[Collection(CmdletTests.Name)]
public sealed class ProgressTests(CmdletFixture fixture)
{
    [Fact]
    public void EachImageHasOneActivityThatIsCompleted()
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run("New-ZImage 'a cat' -Size 32x32 -Steps 4 -Count 2").ShouldSucceed().Progress;

        Assert.Single(records.Select(r => r.ActivityId).Distinct());
        Assert.Equal(2, records.Count(r => r.RecordType == ProgressRecordType.Completed));
        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
        Assert.Equal(["Drawing 'a cat' (1 of 2)", "Drawing 'a cat' (2 of 2)"], records.Select(r => r.Activity).Distinct());
    }

    [Fact]
    public void EachStepSaysHowFarAndHowFastItIs()
    {
        ProgressRecord[] steps = [.. fixture.Session.Run("New-ZImage 'a cat' -Size 32x32 -Steps 4").ShouldSucceed().Progress
            .Where(r => r.RecordType == ProgressRecordType.Processing && r.StatusDescription.StartsWith("Step ", StringComparison.Ordinal))];

        Assert.Equal([0, 25, 50, 75, 100], steps.Select(r => r.PercentComplete));
        Assert.Equal(["Step 0 of 4", "Step 1 of 4", "Step 2 of 4", "Step 3 of 4", "Step 4 of 4"], steps.Select(r => r.StatusDescription.Split(',')[0]));
        Assert.All(steps[1..], r => Assert.Matches(@", \d+\.\d+ (it/s|s/it)$", r.StatusDescription));
        Assert.All(steps[1..], r => Assert.True(r.SecondsRemaining >= 0));
        Assert.Equal(0, steps[^1].SecondsRemaining);
    }

    [Fact]
    public void AFaultCompletesTheActivityToo()
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run("New-ZImage 'a cat' -Size 33x32").Progress;

        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
    }
}
