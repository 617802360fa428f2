namespace ZImage.Engine.Downloads;

/// <summary>Where downloaded files lie: a file has its name there only when it is complete and its checksum was right.</summary>
public static class ModelStore
{
    /// <summary>Ends the name of a file that is not complete yet.</summary>
    internal const string PartialExtension = ".partial";

    /// <summary>Full path of a file of a hub, whether it is there or not.</summary>
    public static string PathOf(HubFile file)
        => Path.Combine([CacheFolder.Models, .. file.Repository.Split('/'), Uri.EscapeDataString(file.Revision), .. file.File.Split('/')]);

    /// <summary>Whether a file is there in its full length.</summary>
    public static bool IsThere(HubFile file)
    {
        var info = new FileInfo(PathOf(file));
        return info.Exists && (file.Bytes ?? info.Length) == info.Length;
    }

    /// <summary>Whether a file is there, and is by its record the one that is meant: then nothing is downloaded.</summary>
    public static bool IsKnown(HubFile file)
        => file.IsFixed && IsThere(file) && DownloadRecord.Read(PathOf(file)) is { } record && record.Describes(new FileInfo(PathOf(file))) && (file.Sha256 ?? record.Sha256) == record.Sha256;

    /// <summary>A file that is there, as it was when it was downloaded.</summary>
    internal static DownloadedFile Describe(HubFile file)
    {
        var info = new FileInfo(PathOf(file));
        string? sha256 = DownloadRecord.Read(info.FullName) is { } record && record.Describes(info) ? record.Sha256 : null;
        return Describe(file, info.FullName, info.Length, sha256, fromCache: true);
    }

    internal static DownloadedFile Describe(HubFile file, string path, long bytes, string? sha256, bool fromCache, long received = 0, bool isVerified = false) => new()
    {
        Path = path,
        Repository = file.Repository,
        File = file.File,
        Revision = file.Revision,
        Bytes = bytes,
        Sha256 = sha256,
        FromCache = fromCache,
        ReceivedBytes = received,
        IsVerified = isVerified || (sha256 is not null && sha256 == file.Sha256),
    };
}
