using ZImage.Tests.Checkpoints;
using ZImage.Tests.Cmdlets;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Models;

/// <summary>Numbers that are not finite on Windows, where ggml's build stops at them by asserts of the C library: an error, and a shell that lives on.</summary>
public sealed class WindowsAssertTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheFaultNamesStepAndBlockAndTheShellGoesOn()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "ggml's builds for other systems have no such asserts.");
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Diffusion, broken, "layers.1.attention.out.weight", values => values[5] = float.NaN);

        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $$"""
            Import-Module '{{Repository.Manifest}}'
            $good = {{CmdletFixture.ImportTiny}} -Name good
            $broken = Import-ZModel -Diffusion '{{broken}}' -TextEncoder '{{CmdletFixture.TextEncoder}}' -Vae '{{CmdletFixture.Vae}}' -Device CPU -Threads 1 -Name broken
            try { 'a', 'b' | New-ZImage -Model $broken -Size 32x32 -Steps 2 } catch { $_.FullyQualifiedErrorId; $_.Exception.Message }
            $broken.HasFaulted
            Remove-ZModel $broken
            New-ZImage 'a' -Model $good -Size 32x32 -Steps 2 | ForEach-Object Width
            """);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(4, run.Lines.Length);
        Assert.StartsWith("NativeAbort,", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("(step 1 of 2, block layers.1)", run.Lines[1], StringComparison.Ordinal);
        Assert.Equal(["True", "32"], run.Lines[2..]);
    }
}
