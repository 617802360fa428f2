using System.Diagnostics;
using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>Several runspaces and one model: who is meant, who waits, and what becomes of those who do not want to wait.</summary>
[Collection(CmdletTests.Name)]
public sealed class SharingTests(CmdletFixture fixture) : IDisposable
{
    private const string Endless = "New-ZImage 'a cat' -Size 64x64 -Steps 1000 -Count 1000 -BatchSize 1 -Model ";

    private readonly PowerShellSession _other = new();

    public void Dispose() => _other.Dispose();

    [Fact]
    public void EachRunspaceMeansTheModelThatItImportedLast()
    {
        const string Meant = "New-ZImage x -Size 32x32 -Steps 1 -Verbose 4>&1 | ForEach-Object { if (\"$_\" -match \"^Drawing 32x32 with '(\\w+)'\") { $Matches[1] } }";
        _other.Run($"$mine = {CmdletFixture.ImportTiny} -Name theirs").ShouldSucceed();

        Assert.Equal(["tiny"], fixture.Texts(Meant));
        Assert.Equal("theirs", _other.Run(Meant).ShouldSucceed().Single.ToString());
        using var third = new PowerShellSession();
        Assert.Equal("theirs", third.Run(Meant).ShouldSucceed().Single.ToString());
        _other.Run("Remove-ZModel $mine").ShouldSucceed();
        Assert.Equal("tiny", _other.Run(Meant).ShouldSucceed().Single.ToString());
    }

    [Fact]
    public async Task WhoWaitsSaysSoAndCanStopAtOnce()
    {
        using Shell running = fixture.Session.Create(Endless + "tiny");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(running, CmdletFixture.IsSampling);
        // Steps by the thousand: no picture ends while the other one waits.
        using Shell waiting = _other.Create("New-ZImage 'a dog' -Size 32x32 -Steps 1 -Model tiny -Verbose");
        IAsyncResult wait = await CmdletFixture.BeginAndWaitFor(waiting, status => status == "Waiting for the model");

        long stopping = Stopwatch.GetTimestamp();
        waiting.Stop();
        Assert.True(Stopwatch.GetElapsedTime(stopping) < TimeSpan.FromSeconds(5));
        Assert.Throws<PipelineStoppedException>(() => waiting.EndInvoke(wait));
        Assert.Contains(waiting.Streams.Verbose.ReadAll(), record => record.Message == "tiny is at work; this waits its turn.");
        Assert.Equal(PSInvocationState.Running, running.InvocationStateInfo.State);
        // To look into a stream that is open would wait for its end.
        Assert.True(running.Streams.Error.Count == 0);

        running.Stop();
        Assert.Throws<PipelineStoppedException>(() => running.EndInvoke(run));
    }

    [Fact]
    public async Task WhoCameFirstIsServedFirstPictureByPicture()
    {
        using Shell many = fixture.Session.Create("New-ZImage 'a cat' -Size 64x64 -Steps 20 -Count 1000 -BatchSize 1 -Model tiny | Out-Null");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(many, CmdletFixture.IsSampling);

        Assert.Equal("a dog", _other.Run("New-ZImage 'a dog' -Size 32x32 -Steps 1 -Model tiny | ForEach-Object Prompt").ShouldSucceed().Single.ToString());
        Assert.Equal(PSInvocationState.Running, many.InvocationStateInfo.State);
        many.Stop();
        Assert.Throws<PipelineStoppedException>(() => many.EndInvoke(run));
    }

    [Fact]
    public async Task AModelThatIsRemovedFinishesItsPictureAndEndsWhatWaits()
    {
        fixture.Texts($"$null = {CmdletFixture.ImportTiny} -Name shared");
        using Shell drawing = _other.Create("New-ZImage 'a cat' -Size 64x64 -Steps 20 -Count 1000 -BatchSize 1 -Model shared | ForEach-Object Seed");
        var output = new PSDataCollection<PSObject>();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        drawing.Streams.Progress.DataAdded += (_, _) => seen.TrySetResult();
        IAsyncResult run = drawing.BeginInvoke<PSObject, PSObject>(null, output);
        await seen.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(["shared True"], fixture.Texts("Remove-ZModel shared -PassThru | ForEach-Object { \"$($_.Name) $($_.IsClosed)\" }"));
        drawing.EndInvoke(run);
        Assert.StartsWith("SessionClosed,", Assert.Single(drawing.Streams.Error.ReadAll()).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.True(output.Count > 0);
    }

    [Fact]
    public async Task WhoRemovesAModelNeedNotWaitForItsPicture()
    {
        fixture.Texts($"$null = {CmdletFixture.ImportTiny} -Name shared");
        using Shell drawing = _other.Create(Endless + "shared");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(drawing, CmdletFixture.IsSampling);
        using Shell removing = fixture.Session.Create("Remove-ZModel shared");
        IAsyncResult remove = await CmdletFixture.BeginAndWaitFor(removing, status => status == "Waiting for its last picture");

        removing.Stop();
        Assert.Throws<PipelineStoppedException>(() => removing.EndInvoke(remove));
        Assert.Empty(fixture.Texts("Get-ZModel share*"));
        drawing.Stop();
        Assert.Throws<PipelineStoppedException>(() => drawing.EndInvoke(run));
    }
}
