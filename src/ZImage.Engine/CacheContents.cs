using ZImage.Engine.Downloads;

namespace ZImage.Engine;

/// <summary>Kinds of files in the cache.</summary>
public enum CacheKind
{
    /// <summary>Hidden states of prompts; they are computed again when they are needed.</summary>
    Prompts,

    /// <summary>How convolutions are computed fastest; it is measured again when it is needed.</summary>
    Convolutions,

    /// <summary>Downloads that have not ended.</summary>
    PartialDownloads,

    /// <summary>Downloaded model files.</summary>
    Models,
}

/// <summary>A file of the cache that some program uses. ErrorId <c>CacheFileInUse</c>.</summary>
public sealed class CacheFileInUseException(string path, Exception inner)
    : ZImageException("CacheFileInUse", $"'{path}' was not deleted: {inner.Message}", "Remove the models that use it (Remove-ZModel), stop downloads, and try again; where nothing uses it, check its permissions.", path, inner);

/// <summary>What was freed of one kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Path">Folder that the files were in.</param>
/// <param name="Files">Number of files that were deleted.</param>
/// <param name="FreedBytes">Their length in bytes.</param>
/// <param name="InUse">Number of files that stayed, because some program uses them.</param>
public sealed record ClearedCache(CacheKind Kind, string Path, int Files, long FreedBytes, int InUse);

/// <summary>The files of one kind in the cache. Links are deleted and never followed, so nothing outside is touched.</summary>
public sealed class CacheContents
{
    // Owner, repository and revision.
    private const int FoldersOfModel = 3;

    private readonly List<FileInfo> _files = [];

    private CacheContents(CacheKind kind, string path) => (Kind, Path) = (kind, path);

    public CacheKind Kind { get; }

    /// <summary>Folder of the kind.</summary>
    public string Path { get; }

    /// <summary>Number of files.</summary>
    public int Files => _files.Count;

    /// <summary>Their length in bytes.</summary>
    public long Bytes => _files.Sum(LengthOf);

    /// <summary>Whether the folder is a link to another place, which is left alone.</summary>
    public bool IsLink { get; private init; }

    /// <summary>Looks what there is.</summary>
    public static CacheContents Of(CacheKind kind)
    {
        string path = kind switch
        {
            CacheKind.Prompts => CacheFolder.Prompts,
            CacheKind.Convolutions => CacheFolder.Convolutions,
            _ => CacheFolder.Models,
        };
        var folder = new DirectoryInfo(path);
        var contents = new CacheContents(kind, path) { IsLink = folder.Exists && folder.LinkTarget is not null };
        if (folder.Exists && !contents.IsLink)
            contents.Add(folder);
        return contents;
    }

    /// <summary>Deletes the files, and folders that are empty then.</summary>
    /// <param name="report">Told of each file that stays.</param>
    public ClearedCache Clear(Action<CacheFileInUseException> report)
    {
        int deleted = 0;
        long freed = 0;
        // Records last: a download that goes on needs its own.
        foreach (FileInfo file in _files.OrderBy(IsRecord))
        {
            long bytes = LengthOf(file);
            if ((IsRecord(file) && File.Exists(file.FullName[..^DownloadRecord.Extension.Length] + ModelStore.PartialExtension)) || !TryDelete(file, report))
                continue;
            deleted++;
            freed += bytes;
        }
        if (!IsLink && Directory.Exists(Path))
            DeleteEmpty(new DirectoryInfo(Path));
        return new ClearedCache(Kind, Path, deleted, freed, _files.Count - deleted);
    }

    private void Add(DirectoryInfo folder)
    {
        foreach (FileSystemInfo entry in Entries(folder))
        {
            if (entry is DirectoryInfo inner && inner.LinkTarget is null)
                Add(inner);
            else if (entry.LinkTarget is not null ? Kind != CacheKind.PartialDownloads : IsOurs(entry))
                _files.Add(new FileInfo(entry.FullName));
        }
    }

    // The cache may be a folder that has prompts or models of other programs, too.
    private bool IsOurs(FileSystemInfo file) => Kind switch
    {
        CacheKind.Prompts => file.Extension is ".safetensors" or ".tmp",
        CacheKind.Convolutions => file.Extension == ".txt",
        _ => System.IO.Path.GetRelativePath(Path, file.FullName).Count(c => c == System.IO.Path.DirectorySeparatorChar) >= FoldersOfModel
            && (Kind == CacheKind.PartialDownloads) == IsPartial(file.FullName),
    };

    private static bool IsRecord(FileInfo file) => file.Extension.Equals(DownloadRecord.Extension, StringComparison.OrdinalIgnoreCase);

    private static bool IsPartial(string path)
        => path.EndsWith(ModelStore.PartialExtension, StringComparison.OrdinalIgnoreCase)
            || (path.EndsWith(DownloadRecord.Extension, StringComparison.OrdinalIgnoreCase) && !File.Exists(path[..^DownloadRecord.Extension.Length]));

    private static bool TryDelete(FileInfo file, Action<CacheFileInUseException> report)
    {
        try
        {
            if (file.LinkTarget is not null)
            {
                if (file.Attributes.HasFlag(FileAttributes.Directory))
                    Directory.Delete(file.FullName);
                else
                    file.Delete();
                return true;
            }
            // Where a system deletes what is in use, this still finds the models and downloads of other sessions.
            new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 1).Dispose();
            file.Delete();
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report(new CacheFileInUseException(file.FullName, e));
            return false;
        }
    }

    private static bool DeleteEmpty(DirectoryInfo folder)
    {
        bool isEmpty = true;
        foreach (FileSystemInfo entry in Entries(folder))
            isEmpty &= entry is DirectoryInfo { LinkTarget: null } inner && DeleteEmpty(inner);
        try
        {
            if (isEmpty)
                folder.Delete();
            return isEmpty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static FileSystemInfo[] Entries(DirectoryInfo folder)
    {
        try
        {
            return folder.GetFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long LengthOf(FileInfo file) => file is { Exists: true, LinkTarget: null } && !file.Attributes.HasFlag(FileAttributes.Directory) ? file.Length : 0;
}
