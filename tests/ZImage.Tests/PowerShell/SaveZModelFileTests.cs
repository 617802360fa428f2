using System.Management.Automation;
using ZImage.Engine.Downloads;
using ZImage.Tests.Downloads;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>A download in a pipeline: progress, Ctrl+C, and a token that nobody sees.</summary>
[Collection(TestCache.Name)]
public sealed class SaveZModelFileTests : IDisposable
{
    private const int Cut = 100_000;

    private readonly PowerShellSession _session = new();
    private readonly byte[] _contents = HubServer.Contents();

    [Fact]
    public void ProgressHasOneActivityThatIsCompleted()
    {
        using var server = HubServer.Of(_contents);

        IReadOnlyList<ProgressRecord> records = _session.Run($"Save-ZModelFile -Repository tests/progress -File model.gguf -Endpoint {server.Endpoint}").ShouldSucceed().Progress;

        Assert.Equal("Downloading model.gguf", Assert.Single(records.Select(r => r.Activity).Distinct()));
        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
        Assert.Contains(records, r => r.PercentComplete == 100 && r.StatusDescription.StartsWith("model.gguf: 0.3 MiB of 0.3 MiB", StringComparison.Ordinal));
        Assert.Contains(records, r => r.StatusDescription == "model.gguf: checking, 0.3 MiB of 0.3 MiB");
    }

    [Fact]
    public async Task StopEndsTheDownloadAndTheNextOneGoesOn()
    {
        using var server = new HubServer(request => HubServer.Serve(request, _contents) with
        {
            PauseAfter = request.From is null ? Cut : null,
            Gate = request.From is null ? Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) : Task.CompletedTask,
        });
        string command = $"Save-ZModelFile -Repository tests/stop -File model.gguf -Endpoint {server.Endpoint}";
        using Shell shell = _session.Create(command);
        string partial = ModelStore.PathOf(new HubFile("tests/stop", "model.gguf")) + ".partial";
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, status => status.StartsWith("model.gguf: 0.", StringComparison.Ordinal));
        while (new FileInfo(partial) is not { Exists: true, Length: Cut })
            await Task.Delay(5, TestContext.Current.CancellationToken);

        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        PSObject saved = Assert.Single(_session.Run(command).ShouldSucceed().Output);
        Assert.Equal((long)_contents.Length - Cut, saved.Properties["ReceivedBytes"].Value);
        Assert.Equal([null, Cut], server.Requests.Select(r => r.From));
    }

    [Fact]
    public void TheTokenIsSentAndNeverShown()
    {
        using var server = new HubServer(request => request["Authorization"] == "Bearer hf_secret" ? new HubReply(403) : new HubReply(500));

        PowerShellResult result = _session.Run($$"""
            $token = [Security.SecureString]::new()
            'hf_secret'.ToCharArray().ForEach{ $token.AppendChar($_) }
            $lines = Save-ZModelFile -Repository tests/token -File model.gguf -Endpoint {{server.Endpoint}} -Token $token -Verbose -Debug -ErrorVariable problem *>&1
            "$lines"; "$problem"; "$($problem.Exception)"; "$($problem.ErrorDetails.RecommendedAction)"
            """);

        Assert.Single(server.Requests);
        string shown = string.Join('\n', result.Output);
        Assert.Contains("does not give 'tests/token/model.gguf'", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", shown, StringComparison.Ordinal);
    }

    public void Dispose() => _session.Dispose();
}
