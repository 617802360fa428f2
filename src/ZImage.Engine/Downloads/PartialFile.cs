using System.Net.Http.Headers;

namespace ZImage.Engine.Downloads;

/// <summary>
/// The bytes of a file that have come so far, in a file beside the place of the whole. Who holds it open is the only one that downloads
/// the file, in this process and in others; when it is let go, the bytes stay for the next try.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int DiskFullOnUnix = 28, DiskFullOnWindows = unchecked((int)0x80070070), DriveFullOnWindows = unchecked((int)0x80070027);

    private const int SharedOnLinux = 11, SharedOnMac = 35, SharedOnWindows = unchecked((int)0x80070020);
    private const int MostAttempts = 10, AttemptMilliseconds = 50;

    private readonly string _target;
    private readonly FileStream _stream;
    private bool _isFinished;

    private PartialFile(string target, FileStream stream)
    {
        _target = target;
        _stream = stream;
        Record = DownloadRecord.Read(target) ?? new DownloadRecord();
    }

    /// <summary>What the bytes are a part of.</summary>
    public DownloadRecord Record { get; private set; }

    /// <summary>Bytes that are there.</summary>
    public long Length => _stream.Length;

    private string Path => _stream.Name;

    /// <summary>Takes hold of the partial file of a target; null while somebody else has it.</summary>
    /// <exception cref="DownloadNotWrittenException">The folder cannot be written to.</exception>
    public static PartialFile? TryOpen(string target)
    {
        string path = target + ModelStore.PartialExtension;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
                // On Windows the share lets the file take its final name while it is held; elsewhere only None keeps others out.
                var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
                if (IsStillAt(stream))
                    return new PartialFile(target, stream);
                stream.Dispose();
                return null;
            }
            catch (IOException e) when (e.HResult is SharedOnLinux or SharedOnMac or SharedOnWindows)
            {
                return null;
            }
            catch (UnauthorizedAccessException) when (OperatingSystem.IsWindows() && attempt < MostAttempts)
            {
                // So Windows answers of a file that is being deleted, for a moment.
                Thread.Sleep(AttemptMilliseconds);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DownloadNotWrittenException(path, e.Message, e);
            }
        }
    }

    /// <summary>How many of the bytes a download of the file can go on from.</summary>
    public long Usable(HubFile file)
    {
        bool sameFile = Record.Written is null && (file.Sha256 ?? Record.Sha256) == Record.Sha256 && (file.Bytes ?? Record.Bytes) == Record.Bytes;
        // Without an entity tag and without a checksum nothing would tell when the rest is of other contents.
        bool canTell = Record.EntityTag is not null || Record.Sha256 is not null;
        return sameFile && canTell && Length <= (Record.Bytes ?? long.MaxValue) ? Length : 0;
    }

    /// <summary>What the host called the contents that the bytes are of.</summary>
    public EntityTagHeaderValue? EntityTag => Record.EntityTag is { } tag && EntityTagHeaderValue.TryParse(tag, out EntityTagHeaderValue? parsed) ? parsed : null;

    /// <summary>Throws the bytes away and begins anew.</summary>
    public void Begin(DownloadRecord record) => Writing(() =>
    {
        _stream.SetLength(0);
        Record = record;
        record.Write(_target);
    });

    /// <summary>Throws the bytes away.</summary>
    public void Clear() => Begin(new DownloadRecord());

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Seek(0, SeekOrigin.End);
            _stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    /// <summary>SHA-256 of the bytes, in lower-case hexadecimal.</summary>
    public string Sha256(Action<long> done, CancellationToken cancellation)
    {
        Writing(_stream.Flush);
        return Checksum.Of(_stream, done, cancellation);
    }

    /// <summary>Gives the bytes the name of the whole file, of which this is the checksum.</summary>
    public void Finish(string sha256) => Writing(() =>
    {
        _stream.Flush(flushToDisk: true);
        // Set, because a system may note the time of the last write later than it happens.
        File.SetLastWriteTimeUtc(_stream.SafeFileHandle, DateTime.UtcNow);
        Record = Record with { Bytes = Length, Sha256 = sha256, Written = File.GetLastWriteTimeUtc(_stream.SafeFileHandle) };
        Record.Write(_target);
        File.Move(Path, _target, overwrite: true);
        _isFinished = true;
    });

    public void Dispose()
    {
        bool isEmpty = !_isFinished && Length == 0;
        try
        {
            // While it is held still, so that it is nobody else's.
            if (isEmpty)
                File.Delete(Path);
            if (isEmpty && !File.Exists(_target))
                File.Delete(_target + DownloadRecord.Extension);
            _stream.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty file that stays does no harm, and a full drive was reported by the write before.
        }
    }

    // Between opening and locking, who had it before may have given it its final name: then it must not be touched.
    private static bool IsStillAt(FileStream stream)
        => OperatingSystem.IsWindows()
            || (new FileInfo(stream.Name) is { Exists: true } now && now.Length == stream.Length && now.LastWriteTimeUtc == File.GetLastWriteTimeUtc(stream.SafeFileHandle));

    private void Writing(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    private ZImageException Fault(Exception e)
        => e.HResult is DiskFullOnUnix or DiskFullOnWindows or DriveFullOnWindows ? new DiskFullException(_target, null, null, e) : new DownloadNotWrittenException(_target, e.Message, e);
}
