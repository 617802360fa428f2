using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>Pinned host memory from which blocks are copied to a device: a staging buffer that serves one after the other, or what is kept of one block.</summary>
internal sealed class HostCopy : IDisposable
{
    private static long s_totalBytes;

    private readonly CountedBuffer _buffer;
    private readonly BackendEvent? _copied;
    private bool _recorded;
    private bool _disposed;

    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">So much memory cannot be pinned.</exception>
    public HostCopy(MemoryAccount ram, Device device, long bytes, string purpose)
    {
        _buffer = ram.Allocate(bytes, purpose);
        _copied = BackendEvent.TryCreate(device);
        Interlocked.Add(ref s_totalBytes, Bytes);
    }

    /// <summary>Pinned bytes of all sessions of the process, which Windows counts for the process.</summary>
    public static long TotalBytes => Interlocked.Read(ref s_totalBytes);

    public Ggml.Buffer Buffer => _buffer.Buffer;

    public long Bytes => _buffer.Bytes;

    /// <summary>The block whose bytes are here; null when none are.</summary>
    public BlockImage? Content { get; private set; }

    /// <summary>Reads a block, unless it is here already.</summary>
    public void Read(BlockImage image)
    {
        if (Content == image)
            return;
        // The copy of what was here before may not have begun yet.
        if (_recorded)
            _copied!.Synchronize();
        Content = null;
        image.ReadInto(Buffer);
        Content = image;
    }

    /// <summary>Starts the copy to a place on an instance of the device.</summary>
    public void CopyTo(BlockPlace place, Backend copier)
    {
        copier.CopyAsync(place.Bytes, Buffer, Content!.Bytes);
        if (_copied is null)
        {
            copier.Synchronize();
            return;
        }
        copier.Record(_copied);
        _recorded = true;
    }

    /// <summary>Makes another instance of the device begin what follows when the copy is done.</summary>
    public void Await(Backend computer)
    {
        if (_copied is not null)
            computer.WaitFor(_copied);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Interlocked.Add(ref s_totalBytes, -Bytes);
        if (_recorded)
            _copied!.Synchronize();
        _copied?.Dispose();
        _buffer.Dispose();
    }
}
