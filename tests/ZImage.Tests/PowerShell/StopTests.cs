using System.Diagnostics;
using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>Ctrl+C, as the engine does it: the run ends within a block, and the model draws again.</summary>
[Collection(CmdletTests.Name)]
public sealed class StopTests(CmdletFixture fixture)
{
    // More than any machine draws in the time that a test waits.
    private const string Endless = "New-ZImage 'a cat' -Size 64x64 -Steps 1000 -Count 1000 -Model tiny";

    [Fact]
    public async Task StopEndsTheRunAndLeavesTheSessionUsable()
    {
        using Shell shell = fixture.Session.Create(Endless);
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, CmdletFixture.IsSampling);

        long stopping = Stopwatch.GetTimestamp();
        shell.Stop();

        Assert.True(Stopwatch.GetElapsedTime(stopping) < TimeSpan.FromSeconds(20));
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }

    [Fact]
    public void AWarningThatEndsThePipelineEndsTheRun()
    {
        PowerShellResult result = fixture.Session.Run("New-ZImage ('a cat ' * 400) -Size 64x64 -Steps 1000 -Model tiny -WarningAction Stop");

        Assert.StartsWith("ActionPreferenceStop", result.Ending?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }

    [Fact]
    public async Task ImportingIsStoppedAndLeavesNothingOpen()
    {
        using Shell shell = fixture.Session.Create($"1..1000 | ForEach-Object {{ {CmdletFixture.ImportTiny} -Name stopped | Remove-ZModel; $_ }}");
        var output = new PSDataCollection<PSObject>();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        output.DataAdded += (_, _) => seen.TrySetResult();
        IAsyncResult run = shell.BeginInvoke<PSObject, PSObject>(null, output);
        await seen.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        // Its name is free again, whenever the stop came.
        fixture.Texts("Remove-ZModel -Name stoppe*");
        Assert.Equal(["stopped"], fixture.Texts($"{CmdletFixture.ImportTiny} -Name stopped | ForEach-Object {{ $_.Name; Remove-ZModel $_ }}"));
    }

    [Fact]
    public async Task DecodingIsStopped()
    {
        using Shell shell = fixture.Session.Create("New-ZImage 'a cat' -Size 768x768 -Steps 1 -Model tiny -BatchSize 1 -Count 100");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, status => status.StartsWith("Decoding the picture", StringComparison.Ordinal));

        long stopping = Stopwatch.GetTimestamp();
        shell.Stop();

        Assert.True(Stopwatch.GetElapsedTime(stopping) < TimeSpan.FromSeconds(20));
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }

    [Fact]
    public void TwoRunspacesShareASession()
    {
        using var other = new PowerShellSession();
        using Shell shell = other.Create(CmdletFixture.Small + "New-ZImage 'a cat' -Model tiny -Seed 3 -Count 3 @small | ForEach-Object PixelHash");
        IAsyncResult run = shell.BeginInvoke();

        string[] here = fixture.Texts("New-ZImage 'a cat' -Model tiny -Seed 3 -Count 3 @small | ForEach-Object PixelHash");

        Assert.Equal(here, shell.EndInvoke(run).Select(o => o.ToString()));
    }
}
