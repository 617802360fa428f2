namespace ZImage.Engine.Downloads;

/// <summary>Brings files of a hub onto this machine, one after the other.</summary>
public static class ModelDownload
{
    /// <summary>
    /// Downloads what is not there. A download that was stopped or failed goes on where it ended; several processes that want the same file wait for
    /// the one that came first.
    /// </summary>
    /// <param name="hub">Where the files come from.</param>
    /// <param name="files">The files.</param>
    /// <param name="force">Whether to download what is there, too.</param>
    /// <param name="observer">Hears of progress and decisions.</param>
    /// <param name="cancellation">Stops at once; what has come stays for the next time.</param>
    /// <exception cref="DiskFullException">The files do not fit on the drive; nothing was downloaded.</exception>
    /// <exception cref="ZImageException">Another fault of a download.</exception>
    /// <exception cref="OperationCanceledException">The download was stopped.</exception>
    public static IReadOnlyList<DownloadedFile> Save(Hub hub, IReadOnlyList<HubFile> files, bool force, IDownloadObserver observer, CancellationToken cancellation)
    {
        RequireRoom(hub.Policy, files, force);
        var reporter = new DownloadReporter(observer, files, hub.Policy.ReportDelay);
        var saved = new List<DownloadedFile>();
        foreach (HubFile file in files)
        {
            reporter.Begin(saved.Count);
            saved.Add(Wait(new FileDownload(hub, file, force, reporter), cancellation));
        }
        return saved;
    }

    /// <summary>The same for the files of a set.</summary>
    public static DownloadedModel Save(Hub hub, ModelSet set, bool force, IDownloadObserver observer, CancellationToken cancellation)
        => DownloadedModel.Of(set, Save(hub, set.Files, force, observer, cancellation));

    // Without the caller's context, which might be waiting here.
    private static DownloadedFile Wait(FileDownload download, CancellationToken cancellation)
        => Task.Run(() => download.RunAsync(cancellation), cancellation).GetAwaiter().GetResult();

    // For all files together, before hours go by on the first.
    private static void RequireRoom(DownloadPolicy policy, IReadOnlyList<HubFile> files, bool force)
    {
        long needed = files.Where(file => force || !ModelStore.IsThere(file)).Sum(file => Math.Max(0, (file.Bytes ?? 0) - PartialBytes(file)));
        if (needed > 0 && Existing(CacheFolder.Models) is { } folder && policy.FreeBytes(folder) is { } free && free < needed)
            throw new DiskFullException(CacheFolder.Models, needed, free);
    }

    private static long PartialBytes(HubFile file) => new FileInfo(ModelStore.PathOf(file) + ModelStore.PartialExtension) is { Exists: true } partial ? partial.Length : 0;

    private static string? Existing(string? folder)
    {
        while (folder is not null && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder);
        return folder;
    }
}
