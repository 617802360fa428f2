using System.Management.Automation;

namespace ZImage.Tests.Hosting;

/// <summary>All that a script wrote, stream by stream.</summary>
public sealed class PowerShellResult
{
    internal PowerShellResult(PSDataStreams streams, IEnumerable<PSObject> output, ErrorRecord? ending)
    {
        Output = [.. output];
        Errors = [.. streams.Error];
        Warnings = [.. streams.Warning.Select(r => r.Message)];
        Verbose = [.. streams.Verbose.Select(r => r.Message)];
        Debug = [.. streams.Debug.Select(r => r.Message)];
        Information = [.. streams.Information.Select(r => r.MessageData?.ToString() ?? "")];
        Progress = [.. streams.Progress];
        Ending = ending;
    }

    public IReadOnlyList<PSObject> Output { get; }

    /// <summary>The errors that did not end the script.</summary>
    public IReadOnlyList<ErrorRecord> Errors { get; }

    /// <summary>The terminating error that ended the script, or null.</summary>
    public ErrorRecord? Ending { get; }

    public IReadOnlyList<string> Warnings { get; }

    public IReadOnlyList<string> Verbose { get; }

    public IReadOnlyList<string> Debug { get; }

    public IReadOnlyList<string> Information { get; }

    public IReadOnlyList<ProgressRecord> Progress { get; }

    /// <summary>The script's one output object.</summary>
    public PSObject Single => Assert.Single(Output);

    /// <summary>Fails the test when the script wrote an error or was ended by one; returns this.</summary>
    public PowerShellResult ShouldSucceed()
    {
        ThrowIfEnded();
        Assert.True(Errors.Count == 0, string.Join(Environment.NewLine, Errors.Select(e => $"{e.FullyQualifiedErrorId}: {e}")));
        return this;
    }

    /// <exception cref="RuntimeException">The script was ended by a terminating error.</exception>
    public void ThrowIfEnded()
    {
        if (Ending is not null)
        {
            throw new RuntimeException($"{Ending.FullyQualifiedErrorId}: {Ending}", Ending.Exception, Ending);
        }
    }
}
