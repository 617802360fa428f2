using System.Diagnostics;
using System.Management.Automation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>The progress of pictures: nested records, what they say, how often they come, and that none is left behind.</summary>
[Collection(CmdletTests.Name)]
public sealed class ProgressTests(CmdletFixture fixture)
{
    // Long enough for records of each picture, which come ten times a second.
    private const string Long = "-Size 64x64 -Steps 60 -Model tiny";

    [Fact]
    public void PicturesAreNestedInTheirBatchAndStepsInTheirPicture()
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run($"New-ZImage 'a cat' {Long} -Count 2 -BatchSize 1").ShouldSucceed().Progress;
        ProgressRecord[] batch = Of(records, -1), pictures = Of(records, batch[0].ActivityId), steps = Of(records, pictures[0].ActivityId);

        Assert.Equal(["Drawing pictures"], batch.Select(r => r.Activity).Distinct());
        Assert.Equal(["0 of 2 done", "1 of 2 done"], batch.Select(r => r.StatusDescription).Distinct());
        Assert.Equal(["Drawing 'a cat' (1 of 2)", "Drawing 'a cat' (2 of 2)"], pictures.Select(r => r.Activity).Distinct());
        Assert.All(steps, r => Assert.Matches(@"^Step \d+ of 60(, \d+\.\d+ (it/s|s/it))?, \d+\.\d of \d+\.\d GiB$", r.StatusDescription));
        Assert.Equal(3, records.Select(r => r.ActivityId).Distinct().Count());
        Assert.Equal(batch.Select(r => r.PercentComplete).Order(), batch.Select(r => r.PercentComplete));
        Assert.All(batch.Concat(pictures).Concat(steps), r => Assert.InRange(r.PercentComplete, 0, 100));
        Assert.Contains(pictures, r => r.SecondsRemaining >= 0);
        // All take no less than the one at work.
        Assert.All(batch.Zip(pictures), pair => Assert.True(pair.First.SecondsRemaining >= pair.Second.SecondsRemaining));
    }

    [Fact]
    public void PromptsOfAPipelineAreCountedWithoutAnEnd()
    {
        ProgressRecord[] batch = Of(fixture.Session.Run($"'a cat', 'a dog' | New-ZImage {Long}").ShouldSucceed().Progress, -1);

        Assert.Equal(["0 done", "1 done"], batch.Select(r => r.StatusDescription).Distinct());
        Assert.All(batch, r => Assert.Equal((-1, -1), (r.PercentComplete, r.SecondsRemaining)));
    }

    [Fact]
    public void OnePictureHasNoBatch()
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run($"New-ZImage \"a cat`nin two`tlines\" {Long}").ShouldSucceed().Progress;

        Assert.Equal(["Drawing 'a cat in two lines'"], Of(records, -1).Select(r => r.Activity).Distinct());
        Assert.All(records, r => Assert.DoesNotContain(r.Activity + r.StatusDescription, char.IsControl));
    }

    [Fact]
    public void RecordsComeTenTimesASecondAtMost()
    {
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run("1..20 | ForEach-Object { 'a cat' } | New-ZImage -Size 32x32 -Steps 1 -Seed 1").ShouldSucceed().Progress;

        Assert.InRange(Of(records, -1).Length, 0, (int)(10 * Stopwatch.GetElapsedTime(began).TotalSeconds));
    }

    [Theory]
    [InlineData("New-ZImage 'a cat' {0} -Count 2 -BatchSize 1", true)]
    [InlineData("'a cat', 'a dog' | New-ZImage {0}", true)]
    [InlineData("'a cat', 'a dog' | New-ZImage {0} | ForEach-Object {{ throw 'enough' }}", true)]
    // It ends before a tenth of a second has passed, or after it.
    [InlineData("New-ZImage ('a cat ' * 400) {0} -WarningAction Stop", null)]
    public void NoRecordIsLeftBehind(string command, bool? hasRecords)
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run(string.Format(null, command, "-Size 64x64 -Steps 30 -Model tiny")).Progress;

        Assert.Equal(hasRecords ?? records.Count > 0, records.Count > 0);
        Assert.All(records.GroupBy(r => r.ActivityId), activity => Assert.Equal(ProgressRecordType.Completed, activity.Last().RecordType));
    }

    [Fact]
    public void ProgressActionIsHonoured()
        => Assert.Empty(fixture.Session.Run($"New-ZImage 'a cat' {Long} -ProgressAction Ignore").ShouldSucceed().Progress);

    private static ProgressRecord[] Of(IReadOnlyList<ProgressRecord> records, int parent)
        => [.. records.Where(r => r.ParentActivityId == parent && r.RecordType == ProgressRecordType.Processing)];
}
