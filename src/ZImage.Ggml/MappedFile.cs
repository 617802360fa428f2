using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>A file mapped read-only into memory. Weights on the CPU are used where they lie in it.</summary>
public unsafe class MappedFile : IDisposable
{
    // Both are null for an empty file, which no system can map, and for what is no file.
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly SafeFileHandle? _handle;
    private readonly DateTime _written;
    private readonly BusErrorGuard.Slot* _guard;
    private byte* _start;
    private bool _disposed;

    private MappedFile(string path, long length, DateTime written, MemoryMappedFile? map, MemoryMappedViewAccessor? view, SafeFileHandle? handle)
    {
        Path = path;
        Length = length;
        _written = written;
        _map = map;
        _view = view;
        _handle = handle;
        if (_view is null)
            return;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        _guard = BusErrorGuard.Watch(_start, Length);
    }

    /// <summary>What lies in memory and in no file.</summary>
    private protected MappedFile(string name, byte* start, long length)
    {
        Path = name;
        Length = length;
        _start = start;
    }

    public string Path { get; }

    /// <summary>Length in bytes when the file was mapped.</summary>
    public long Length { get; }

    /// <summary>Maps a file. I/O faults are those of <see cref="FileStream"/>; what is not seekable gives <see cref="NotSupportedException"/>.</summary>
    public static MappedFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            long length = stream.Length;
            if (length == 0)
            {
                stream.Dispose();
                return new MappedFile(path, 0, default, null, null, null);
            }
            DateTime written = File.GetLastWriteTimeUtc(stream.SafeFileHandle);
            map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new MappedFile(path, length, written, map, view, stream.SafeFileHandle);
        }
        catch
        {
            view?.Dispose();
            map?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What has happened to the file since it was mapped, as a clause; null when nothing has. Windows refuses to delete, replace or write to a file
    /// that is mapped. On Linux a file that was deleted or replaced stays mapped with its old contents; of one that was written to or cut short the
    /// mapping shows the new ones, and zeros where it has none.
    /// </summary>
    /// <param name="lookUp">Whether to look the path up too: only that finds a file that was deleted or replaced.</param>
    public string? FindChange(bool lookUp)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_handle is null)
            return null;
        try
        {
            long length = RandomAccess.GetLength(_handle);
            if (length != Length)
                return $"it has {length} bytes now, and had {Length}";
            if (BusErrorGuard.WasHit(_guard))
                return "a part of it could not be read";
            if (File.GetLastWriteTimeUtc(_handle) != _written)
                return "it was written to";
            if (!lookUp)
                return null;
            var there = new FileInfo(Path);
            if (!there.Exists)
                return "it was deleted or moved";
            FileInfo target = there.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? there;
            return target.Exists && target.Length == Length && target.LastWriteTimeUtc == _written ? null : "another file has taken its place";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "it cannot be reached any more: " + e.Message;
        }
    }

    /// <summary>Bytes of the file; throws when they lie outside it.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        Check(offset, length);
        return new ReadOnlySpan<byte>(_start + offset, length);
    }

    internal byte* Pointer(long offset, long length)
    {
        Check(offset, length);
        return _start + offset;
    }

    private void Check(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{length} bytes from {offset} on do not lie inside {Path} ({Length} bytes).");
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _start = null;
        BusErrorGuard.Forget(_guard);
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
        Release();
        GC.SuppressFinalize(this);
    }

    private protected virtual void Release()
    {
    }
}
