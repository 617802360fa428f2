using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>A stretch of device memory that holds one block at a time: a resident block's own, or one of the two slots through which others pass.</summary>
internal sealed class BlockPlace : IDisposable
{
    private readonly Context _context = new(1);
    private readonly CountedBuffer _buffer;

    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public BlockPlace(MemoryAccount memory, BufferType type, long bytes, string purpose)
    {
        Bytes = _context.NewTensor(GgmlType.I8, Math.Max(bytes, 1));
        try
        {
            _buffer = memory.Allocate(bytes, purpose, type);
        }
        catch
        {
            _context.Dispose();
            throw;
        }
        _buffer.Buffer.Place(Bytes, 0);
    }

    public Ggml.Buffer Buffer => _buffer.Buffer;

    /// <summary>The whole place as one tensor, so that a block comes in one copy.</summary>
    public Tensor Bytes { get; }

    /// <summary>The block whose weights are here, or on their way here; null when none are.</summary>
    public BlockImage? Content { get; set; }

    public void Dispose()
    {
        _buffer.Dispose();
        _context.Dispose();
    }
}
