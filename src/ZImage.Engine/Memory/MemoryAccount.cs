using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// The one way to memory of a kind: counts what a session holds of it and refuses what would exceed the limit, before anything is allocated.
/// </summary>
/// <param name="name">What the memory belongs to, for errors: the device's name, or <c>RAM</c>.</param>
/// <param name="type">The kind of memory.</param>
public class MemoryAccount(string name, BufferType type)
{
    private readonly Lock _gate = new();
    private long _bytes, _peak;

    public string Name { get; } = name;

    public BufferType Type { get; } = type;

    /// <summary>Most bytes that may be held at a time.</summary>
    public long Limit { get; set; } = long.MaxValue;

    /// <summary>Bytes held now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>Most bytes held since <see cref="ResetPeak"/>.</summary>
    public long PeakBytes
    {
        get
        {
            lock (_gate)
                return _peak;
        }
    }

    /// <summary>How many allocations have failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Asked before each allocation; true makes it fail as if the device had no room. For tests.</summary>
    internal Func<long, string, bool>? Refuses { get; set; }

    public void ResetPeak()
    {
        lock (_gate)
            _peak = _bytes;
    }

    /// <summary>Allocates a buffer for tensors.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="purpose">For the error when there is no room.</param>
    /// <param name="type">Another kind of the same memory; null for the account's own.</param>
    /// <exception cref="BudgetExceededException">It would exceed the limit.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public CountedBuffer Allocate(long bytes, string purpose, BufferType? type = null)
    {
        bytes = Math.Max(bytes, 1);
        return new CountedBuffer(this, Take(bytes, purpose, () => Buffer.Allocate(type ?? Type, bytes, purpose)), bytes);
    }

    /// <summary>Allocates host memory: of this account's kind, or not pinned where the system does not pin so much. Counted here in both cases.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the limit.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no room.</exception>
    internal CountedBuffer AllocateOnHost(long bytes, string purpose)
    {
        try
        {
            return Allocate(bytes, purpose);
        }
        catch (DeviceOutOfMemoryException)
        {
            bytes = Math.Max(bytes, 1);
            return new CountedBuffer(this, Take(bytes, purpose, () => Buffer.Allocate(BufferType.Host, bytes, purpose)), bytes);
        }
    }

    /// <summary>Counts bytes and lets them be allocated; what fails is not counted.</summary>
    internal T Take<T>(long bytes, string purpose, Func<T> allocate)
    {
        lock (_gate)
        {
            try
            {
                if (bytes > Limit - _bytes)
                    throw new BudgetExceededException(Name, bytes, _bytes, Limit, purpose);
                if (Refuses?.Invoke(bytes, purpose) == true)
                    throw new DeviceOutOfMemoryException(Name, bytes, purpose);
                T allocated = allocate();
                _bytes += bytes;
                _peak = Math.Max(_peak, _bytes);
                return allocated;
            }
            catch
            {
                Failures++;
                throw;
            }
        }
    }

    internal void Return(long bytes)
    {
        lock (_gate)
            _bytes -= bytes;
    }
}

/// <summary>The memory of the device that computes: weights, states, compute buffers. Files used in place are not counted.</summary>
public sealed class DeviceMemory(Backend backend) : MemoryAccount(backend.Device.Name, backend.BufferType)
{
    public Backend Backend { get; } = backend;

    /// <summary>Whether weights are used where they lie in a mapped file; off for tests that move weights on the CPU.</summary>
    internal bool UsesFiles { get; init; } = backend.BufferType.IsHost;

    /// <summary>Whether weights are repacked where that is faster; off for tests that compare with weights as they are stored.</summary>
    internal bool Repacks { get; init; } = true;
}

/// <summary>A buffer that is counted from allocation to disposal.</summary>
public sealed class CountedBuffer : IDisposable
{
    private readonly MemoryAccount _account;
    private Buffer? _buffer;

    internal CountedBuffer(MemoryAccount account, Buffer buffer, long bytes)
    {
        _account = account;
        _buffer = buffer;
        Bytes = bytes;
    }

    /// <summary>Bytes that are counted.</summary>
    public long Bytes { get; }

    public Buffer Buffer => _buffer ?? throw new ObjectDisposedException(nameof(CountedBuffer));

    public void Dispose()
    {
        if (_buffer is null)
            return;
        _buffer.Dispose();
        _buffer = null;
        _account.Return(Bytes);
    }
}
