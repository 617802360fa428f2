using ZImage.Engine.Downloads;

namespace ZImage.Tests.Downloads;

/// <summary>Downloads that break off, wait and go on.</summary>
[Collection(TestCache.Name)]
public sealed class ResumeTests
{
    private const int Cut = 100_000;

    private readonly DownloadFixture _download = new();

    [Fact]
    public void WhatBrokeOffGoesOnWhereItStopped()
    {
        using var server = new HubServer(request => HubServer.Serve(request, _download.Contents) with { CutAfter = request.From is null ? Cut : null });

        DownloadedFile saved = _download.Save(server);

        HubRequest[] requests = [.. server.Requests];
        Assert.Equal([null, Cut], requests.Select(r => r.From));
        Assert.Equal($"\"{_download.Hash[..20]}\"", requests[1]["If-Range"]);
        Assert.Equal(_download.Contents.Length, saved.ReceivedBytes);
        _download.ShouldBeComplete();
    }

    [Fact]
    public void EveryPieceIsProgressHoweverManyThereAre()
    {
        using var server = new HubServer(request => HubServer.Serve(request, _download.Contents) is { Body: { } body } reply ? reply with { CutAfter = Math.Min(20_000, body.Length) } : new HubReply(500));

        _download.Save(server);

        Assert.Equal(15, server.Requests.Count);
        _download.ShouldBeComplete();
    }

    [Fact]
    public void AHostThatAlwaysBreaksOffAtOnePlaceIsGivenUp()
    {
        using var server = new HubServer(_ => new HubReply(200, _download.Contents) { CutAfter = Cut });

        Assert.Throws<DownloadFailedException>(() => _download.WithChecksum().Save(server));

        Assert.Equal(_download.Policy.Tries, server.Requests.Count);
    }

    [Fact]
    public void AHostWithoutRangesSendsTheWholeAgain()
    {
        int count = 0;
        using var server = new HubServer(_ => new HubReply(200, _download.Contents, ("ETag", "\"one\"")) { CutAfter = count++ == 0 ? Cut : null });

        _download.Save(server);

        Assert.Equal([null, Cut], server.Requests.Select(r => r.From));
        _download.ShouldBeComplete();
    }

    [Theory]
    [InlineData("bytes 0-299999/300000")]
    [InlineData("bytes 100001-299999/300000")]
    [InlineData("bytes 100000-199999/300000")]
    [InlineData("bytes 100000-299999/400000")]
    [InlineData("elephants 100000-299999/300000")]
    [InlineData(null)]
    public void APartThatIsNotTheRestIsNotUsed(string? range)
    {
        using var server = new HubServer(request => request.From is null
            ? new HubReply(200, _download.Contents, ("ETag", "\"one\"")) { CutAfter = Interlocked.Exchange(ref _cut, 0) is > 0 and { } cut ? cut : null }
            : new HubReply(206, _download.Contents[Cut..], range is null ? [("ETag", "\"one\"")] : [("ETag", "\"one\""), ("Content-Range", range)]));

        _download.Save(server);

        Assert.Equal([null, Cut, null], server.Requests.Select(r => r.From));
        _download.ShouldBeComplete();
    }

    private int _cut = Cut;

    [Fact]
    public void AFileThatWasReplacedMeanwhileIsFetchedFromItsBeginning()
    {
        byte[] old = HubServer.Contents();
        int count = 0;
        // It does not look at If-Range, so that only the tag of its answer tells.
        using var server = new HubServer(request => count++ == 0
            ? HubServer.Serve(request, old, "\"old\"") with { CutAfter = Cut }
            : HubServer.Serve(request with { Headers = request.Headers.Where(h => h.Key != "If-Range").ToDictionary() }, _download.Contents, "\"new\""));

        _download.Save(server);

        Assert.Equal([null, Cut, null], server.Requests.Select(r => r.From));
        _download.ShouldBeComplete();
    }

    [Fact]
    public void PartsThatDoNotMakeTheFileAreFetchedInOnePiece()
    {
        using var server = new HubServer(request => request.From is { } from
            ? HubServer.Serve(request, [.. _download.Contents[..(int)from], .. HubServer.Contents(_download.Contents.Length - (int)from)], "\"one\"")
            : HubServer.Serve(request, _download.Contents, "\"one\"") with { CutAfter = Interlocked.Exchange(ref _cut, 0) is > 0 and { } cut ? cut : null });

        _download.WithChecksum().Save(server);

        Assert.Equal([null, Cut, null], server.Requests.Select(r => r.From));
        _download.ShouldBeComplete();
    }

    [Fact]
    public void ABusyHubIsGivenTheTimeThatItAsksFor()
    {
        Queue<HubReply> answers = new([new HubReply(429, null, ("Retry-After", "7")), new HubReply(503), new HubReply(503)]);
        using var server = new HubServer(request => answers.TryDequeue(out HubReply? reply) ? reply : HubServer.Serve(request, _download.Contents));

        _download.Save(server);

        Assert.Equal([7, 2, 4], _download.Waits.Select(wait => wait.TotalSeconds));
        _download.ShouldBeComplete();
    }

    [Theory]
    [InlineData("", 6, "6 times")]
    [InlineData("3600", 1, "60 minutes")]
    public void AHubThatStaysBusyIsGivenUp(string after, int requests, string reason)
    {
        using var server = new HubServer(_ => after.Length == 0 ? new HubReply(503) : new HubReply(429, null, ("Retry-After", after)));

        var fault = Assert.Throws<DownloadFailedException>(() => _download.Save(server));

        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.Equal(requests, server.Requests.Count);
    }

    [Fact]
    public void NobodyThereIsAFault()
    {
        var server = HubServer.Of(_download.Contents);
        server.Dispose();
        using var hub = new Hub(HubOptions.Create("http://127.0.0.1:9"), _download.Policy with { Tries = 2 });

        Assert.Throws<DownloadFailedException>(() => ModelDownload.Save(hub, [_download.File], false, _download, TestContext.Current.CancellationToken));
        Assert.Single(_download.Waits);
    }

    [Fact]
    public void SilenceIsALostConnection()
    {
        _download.Policy = _download.Policy with { StallLimit = TimeSpan.FromMilliseconds(200) };
        using var server = new HubServer(request => HubServer.Serve(request, _download.Contents) with
        {
            PauseAfter = request.From is null ? Cut : null,
            Gate = request.From is null ? Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) : Task.CompletedTask,
        });

        _download.Save(server);

        Assert.Equal([null, Cut], server.Requests.Select(r => r.From));
        _download.ShouldBeComplete();
    }

    [Fact]
    public async Task AStoppedDownloadGoesOnTheNextTime()
    {
        using var stop = new CancellationTokenSource();
        using var server = new HubServer(request => HubServer.Serve(request, _download.Contents) with
        {
            PauseAfter = request.From is null ? Cut : null,
            Gate = request.From is null ? Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) : Task.CompletedTask,
        });
        Task stopping = Task.Run(async () =>
        {
            while (!_download.Progress.Any(p => p.Bytes == Cut))
                await Task.Delay(5, TestContext.Current.CancellationToken);
            await stop.CancelAsync();
        }, TestContext.Current.CancellationToken);

        Assert.ThrowsAny<OperationCanceledException>(() => _download.Save(server, cancellation: stop.Token));
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(Cut, new FileInfo(_download.PartialPath).Length);
        DownloadedFile saved = _download.Save(server);

        Assert.Equal([null, Cut], server.Requests.Select(r => r.From));
        Assert.Equal(_download.Contents.Length - Cut, saved.ReceivedBytes);
        _download.ShouldBeComplete();
    }
}
