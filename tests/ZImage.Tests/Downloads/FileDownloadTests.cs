using System.Net;
using ZImage.Engine.Downloads;

namespace ZImage.Tests.Downloads;

/// <summary>One file, from hubs that do what they should and from those that do not.</summary>
[Collection(TestCache.Name)]
public sealed class FileDownloadTests
{
    private readonly DownloadFixture _download = new();

    [Fact]
    public void AFileIsSavedWithItsChecksumAndNotAskedForAgain()
    {
        using var server = HubServer.Of(_download.Contents);
        DownloadFixture download = _download.WithChecksum();

        DownloadedFile saved = download.Save(server);
        DownloadedFile again = download.Save(server);

        download.ShouldBeComplete();
        Assert.Equal((download.Path, download.Hash, download.Contents.Length, true, false), (saved.Path, saved.Sha256, (int)saved.Bytes, saved.IsVerified, saved.FromCache));
        Assert.Equal(saved with { FromCache = true, ReceivedBytes = 0 }, again);
        Assert.Equal($"/{download.File.Repository}/resolve/main/folder/model.gguf", Assert.Single(server.Requests).Path);
        Assert.Equal((download.Contents.Length, 1.0), (download.Progress.Max(p => p.Bytes), download.Progress.Max(p => (double)p.AllBytes / p.AllTotalBytes)));
    }

    [Fact]
    public void ForceDownloadsWhatIsThere()
    {
        using var server = HubServer.Of(_download.Contents);
        _download.WithChecksum().Save(server);

        Assert.False(_download.Save(server, force: true).FromCache);
        Assert.Equal(2, server.Requests.Count);
        _download.ShouldBeComplete();
    }

    [Fact]
    public void AFileThatWasChangedOnDiskIsDownloadedAgain()
    {
        using var server = HubServer.Of(_download.Contents);
        _download.WithChecksum().Save(server);
        byte[] damaged = [.. _download.Contents];
        damaged[1000] ^= 1;
        File.WriteAllBytes(_download.Path, damaged);
        File.SetLastWriteTimeUtc(_download.Path, DateTime.UtcNow.AddMinutes(1));

        Assert.False(_download.Save(server).FromCache);
        _download.ShouldBeComplete();
    }

    [Fact]
    public void ABranchIsLookedAtEachTimeAndDownloadedWhenItMoved()
    {
        byte[] contents = _download.Contents;
        using var server = new HubServer(request => HubServer.Serve(request, contents));

        Assert.False(_download.Save(server).FromCache);
        Assert.True(_download.Save(server).FromCache);
        contents = [.. contents.Reverse()];
        DownloadedFile moved = _download.Save(server);

        Assert.Equal((false, HubServer.Hash(contents), false), (moved.FromCache, moved.Sha256, moved.IsVerified));
        Assert.Equal(contents, File.ReadAllBytes(_download.Path));
        Assert.False(File.Exists(_download.PartialPath));
    }

    [Fact]
    public void TheHashThatTheHubGivesIsChecked()
    {
        using var right = new HubServer(request => Linked(request, _download.Hash));
        Assert.True(_download.Save(right).IsVerified);

        var other = new DownloadFixture();
        using var wrong = new HubServer(request => Linked(request, new string('0', 64)));
        Assert.Throws<ChecksumMismatchException>(() => other.Save(wrong));
        other.ShouldHaveNothing();
    }

    [Fact]
    public void WrongBytesAreNotKept()
    {
        using var server = HubServer.Of(HubServer.Contents());

        var fault = Assert.Throws<ChecksumMismatchException>(() => _download.WithChecksum().Save(server));

        Assert.Contains(_download.Hash, fault.Message, StringComparison.Ordinal);
        _download.ShouldHaveNothing();
    }

    [Fact]
    public void AFileOfAnotherLengthIsNotBegun()
    {
        using var server = HubServer.Of(HubServer.Contents(1000));

        Assert.Throws<ChecksumMismatchException>(() => _download.WithChecksum().Save(server));

        Assert.DoesNotContain(_download.Progress, p => p.Bytes > 0);
        _download.ShouldHaveNothing();
    }

    [Fact]
    public void TheTokenStaysWithTheHub()
    {
        var download = new DownloadFixture { Token = "hf_secret" };
        using var host = HubServer.Of(download.Contents);
        using var hub = new HubServer(_ => new HubReply(302, null, ("Location", $"{host.Endpoint}/signed?x=1"), ("X-Linked-ETag", $"\"{download.Hash}\""), ("X-Linked-Size", "300000")));

        DownloadedFile saved = download.Save(hub);

        Assert.True(saved.IsVerified);
        Assert.Equal("Bearer hf_secret", Assert.Single(hub.Requests)["Authorization"]);
        Assert.Null(Assert.Single(host.Requests)["Authorization"]);
        Assert.DoesNotContain(download.Messages, m => m.Contains("secret", StringComparison.Ordinal));
        download.ShouldBeComplete();
    }

    [Fact]
    public void AProxyIsUsedWithItsNameAndPassword()
    {
        using var proxy = new HubServer(request => request["Proxy-Authorization"] is null
            ? new HubReply(407, null, ("Proxy-Authenticate", "Basic realm=\"proxy\""))
            : HubServer.Serve(request, _download.Contents));
        HubOptions options = HubOptions.Create("http://hub.invalid") with { Proxy = new Uri(proxy.Endpoint) };
        using var closed = new Hub(options, _download.Policy);
        using var open = new Hub(options with { ProxyCredential = new NetworkCredential("user", "word") }, _download.Policy);

        var fault = Assert.Throws<DownloadFailedException>(() => ModelDownload.Save(closed, [_download.File], false, _download, TestContext.Current.CancellationToken));
        ModelDownload.Save(open, [_download.File], false, _download, TestContext.Current.CancellationToken);

        Assert.Contains("-ProxyCredential", fault.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("Basic dXNlcjp3b3Jk", proxy.Requests.Last()["Proxy-Authorization"]);
        Assert.StartsWith("http://hub.invalid/tests/", proxy.Requests.Last().Path, StringComparison.Ordinal);
        _download.ShouldBeComplete();
    }

    [Theory]
    [InlineData(401, "GatedRepo", typeof(HubAccessDeniedException), "conditions")]
    [InlineData(401, null, typeof(HubAccessDeniedException), "-Token")]
    [InlineData(403, null, typeof(HubAccessDeniedException), "HF_TOKEN")]
    [InlineData(404, "EntryNotFound", typeof(HubFileNotFoundException), "-Revision")]
    [InlineData(400, null, typeof(DownloadFailedException), "-Endpoint")]
    public void ARefusalIsNotTriedAgain(int status, string? code, Type fault, string advice)
    {
        using var server = new HubServer(_ => code is null ? new HubReply(status) : new HubReply(status, null, ("X-Error-Code", code)));

        var thrown = (ZImageException)Assert.Throws(fault, () => _download.Save(server));

        Assert.Contains(advice, thrown.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        _download.ShouldHaveNothing();
    }

    [Fact]
    public void ADriveWithoutRoomIsFoundBeforeTheFirstByte()
    {
        _download.Policy = _download.Policy with { FreeBytes = _ => 1000 };
        using var server = HubServer.Of(_download.Contents);

        Assert.Throws<DiskFullException>(() => _download.Save(server));
        Assert.Throws<DiskFullException>(() => _download.WithChecksum().Save(server));

        Assert.Single(server.Requests);
        _download.ShouldHaveNothing();
    }

    [Fact]
    public async Task SeveralThatWantOneFileDownloadItOnce()
    {
        using var server = HubServer.Of(_download.Contents);
        _download.WithChecksum();

        DownloadedFile[] saved = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _download.Save(server), TestContext.Current.CancellationToken)));

        Assert.Equal(3, saved.Count(file => file.FromCache));
        Assert.Single(server.Requests);
        _download.ShouldBeComplete();
    }

    private HubReply Linked(HubRequest request, string hash)
    {
        HubReply reply = HubServer.Serve(request, _download.Contents);
        return reply with { Headers = [.. reply.Headers, ("X-Linked-ETag", $"\"{hash}\"")] };
    }
}
