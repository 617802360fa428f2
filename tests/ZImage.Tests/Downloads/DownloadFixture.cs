using System.Collections.Concurrent;
using ZImage.Engine.Downloads;
using ZImage.Engine.Generation;

namespace ZImage.Tests.Downloads;

/// <summary>One file on a hub of a test's own, and a patience that is counted and not spent.</summary>
internal sealed class DownloadFixture : IDownloadObserver
{
    private static int _count;

    public DownloadFixture(byte[]? contents = null)
    {
        Contents = contents ?? HubServer.Contents();
        Policy = new DownloadPolicy
        {
            StallLimit = TimeSpan.FromSeconds(20),
            ReportDelay = TimeSpan.Zero,
            Wait = (delay, cancellation) =>
            {
                Waits.Enqueue(delay);
                return Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
            },
        };
        File = new HubFile($"tests/repository-{Interlocked.Increment(ref _count)}", "folder/model.gguf");
    }

    public byte[] Contents { get; }

    public string Hash => HubServer.Hash(Contents);

    public HubFile File { get; set; }

    public DownloadPolicy Policy { get; set; }

    public string? Token { get; init; }

    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public ConcurrentQueue<DownloadProgress> Progress { get; } = new();

    public ConcurrentQueue<string> Messages { get; } = new();

    public string Path => ModelStore.PathOf(File);

    public string PartialPath => Path + ".partial";

    /// <summary>With the checksum that the catalogue would give.</summary>
    public DownloadFixture WithChecksum()
    {
        File = File with { Sha256 = Hash, Bytes = Contents.Length };
        return this;
    }

    public DownloadedFile Save(HubServer server, bool force = false, CancellationToken? cancellation = null)
    {
        using var hub = new Hub(HubOptions.Create(server.Endpoint, Token), Policy);
        return Assert.Single(ModelDownload.Save(hub, [File], force, this, cancellation ?? TestContext.Current.CancellationToken));
    }

    /// <summary>Whether the file is there, whole and right, and nothing is left beside it.</summary>
    public void ShouldBeComplete()
    {
        Assert.Equal(Contents, System.IO.File.ReadAllBytes(Path));
        Assert.False(System.IO.File.Exists(PartialPath));
    }

    public void ShouldHaveNothing()
    {
        Assert.False(System.IO.File.Exists(Path));
        Assert.False(System.IO.File.Exists(PartialPath));
    }

    public void OnProgress(DownloadProgress progress) => Progress.Enqueue(progress);

    public void OnMessage(MessageLevel level, string text) => Messages.Enqueue(text);
}
