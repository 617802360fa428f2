using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>
/// Imported models belong to the process, so the tests that import some take turns, and share a session in which the
/// small golden model is imported as <c>tiny</c>.
/// </summary>
[CollectionDefinition(Name)]
public sealed class CmdletTests : ICollectionFixture<CmdletFixture>
{
    public const string Name = "Cmdlets";
}

public sealed class CmdletFixture : IDisposable
{
    /// <summary>Splatted to New-ZImage where the picture does not matter.</summary>
    public const string Small = "$small = @{ Width = 32; Height = 32; Steps = 2 };";

    public CmdletFixture()
    {
        Session = new PowerShellSession();
        Session.Run($"{ImportTiny} -Name tiny").ShouldSucceed();
    }

    public PowerShellSession Session { get; }

    public static string Diffusion => Repository.PathOf("tests", "golden", "dit-tiny.gguf");

    public static string TextEncoder => Repository.PathOf("tests", "golden", "qwen3-tiny.gguf");

    public static string Vae => Repository.PathOf("tests", "golden", "vae-tiny.gguf");

    /// <summary>The start of a command; a name may follow. One thread: these pictures are small, and tests run side by side.</summary>
    public static string ImportTiny => $"Import-ZModel -Diffusion '{Diffusion}' -TextEncoder '{TextEncoder}' -Vae '{Vae}' -Device CPU -Threads 1";

    /// <summary>What a script writes, as texts.</summary>
    public string[] Texts(string script, params (string Name, object? Value)[] variables)
        => [.. Session.Run(Small + script, variables).ShouldSucceed().Output.Select(o => o?.ToString() ?? "")];

    /// <summary>Whether a status of progress is that of a picture some steps of which are done.</summary>
    public static bool IsSampling(string status) => status.StartsWith("Step ", StringComparison.Ordinal) && !status.StartsWith("Step 0 ", StringComparison.Ordinal);

    /// <summary>Begins a script and waits until its progress has a status.</summary>
    public static async Task<IAsyncResult> BeginAndWaitFor(Shell shell, Func<string, bool> status)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shell.Streams.Progress.DataAdded += (sender, e) =>
        {
            if (status(((PSDataCollection<ProgressRecord>)sender!)[e.Index].StatusDescription))
                seen.TrySetResult();
        };
        IAsyncResult run = shell.BeginInvoke();
        await seen.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        return run;
    }

    public void Dispose()
    {
        Session.Run("Get-ZModel | Remove-ZModel");
        Session.Dispose();
    }
}
