using System.Text.Json;
using ZImage.Engine.Imaging;

namespace ZImage.Engine.Downloads;

/// <summary>
/// What is known of a downloaded file, in a small file beside it: while it is incomplete, what the bytes are a part of; later, its checksum and
/// the time of writing that the checksum holds for.
/// </summary>
internal sealed record DownloadRecord
{
    public const string Extension = ".download";

    /// <summary>Length of the whole file; null when unknown.</summary>
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of the whole file; null when unknown.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What the host called these contents; null when it did not.</summary>
    public string? EntityTag { get; init; }

    /// <summary>When the complete file was written; null while it is incomplete.</summary>
    public DateTime? Written { get; init; }

    /// <summary>The record of a file; null when there is none that can be read.</summary>
    public static DownloadRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<DownloadRecord>(File.ReadAllBytes(path + Extension));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path) => AtomicFile.Write(path + Extension, JsonSerializer.SerializeToUtf8Bytes(this), overwrite: true);

    /// <summary>Whether it says the checksum of the complete file as that lies there now.</summary>
    public bool Describes(FileInfo file) => Sha256 is not null && Written == file.LastWriteTimeUtc && Bytes == file.Length;
}
