using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>Counts the memory of one device that a session holds: weights, activations, compute buffers. Files used in place are not counted.</summary>
public sealed class DeviceMemory(Backend backend)
{
    private long _bytes;
    private long _peak;

    public Backend Backend { get; } = backend;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Most bytes held since <see cref="ResetPeak"/>.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    public void ResetPeak() => Interlocked.Exchange(ref _peak, Bytes);

    /// <summary>Allocates a buffer of the device for tensors.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public CountedBuffer Allocate(long bytes, string purpose)
    {
        Buffer buffer = Buffer.Allocate(Backend.BufferType, Math.Max(bytes, 1), purpose);
        return new CountedBuffer(this, buffer);
    }

    internal void Add(long bytes)
    {
        long now = Interlocked.Add(ref _bytes, bytes);
        long peak;
        while (now > (peak = Interlocked.Read(ref _peak)) && Interlocked.CompareExchange(ref _peak, now, peak) != peak)
        {
        }
    }
}

/// <summary>A buffer that is counted from allocation to disposal.</summary>
public sealed class CountedBuffer : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly long _bytes;
    private Buffer? _buffer;

    internal CountedBuffer(DeviceMemory memory, Buffer buffer)
    {
        _memory = memory;
        _buffer = buffer;
        _bytes = buffer.Bytes;
        memory.Add(_bytes);
    }

    public Buffer Buffer => _buffer ?? throw new ObjectDisposedException(nameof(CountedBuffer));

    public void Dispose()
    {
        if (_buffer is null)
            return;
        _buffer.Dispose();
        _buffer = null;
        _memory.Add(-_bytes);
    }
}
