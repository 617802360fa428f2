using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>
/// One compute buffer that serves several graphs, one at a time: as large as the largest needs. Each graph keeps a layout of its own.
/// </summary>
public sealed class ComputeBuffer : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly GraphAllocator _allocator;
    private long _bytes;

    /// <param name="memory">The device whose memory is used.</param>
    /// <param name="graphs">The graphs; weights and states they refer to are placed already.</param>
    /// <param name="purpose">For the error when there is no room.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public ComputeBuffer(DeviceMemory memory, IReadOnlyCollection<Graph> graphs, string purpose)
    {
        _memory = memory;
        BufferType type = memory.Backend.BufferType;
        _allocator = new GraphAllocator(type);
        try
        {
            // The largest first: the buffer must not move once a graph has its place in it.
            foreach (Graph graph in graphs.OrderByDescending(graph => GraphAllocator.Measure(type, graph)))
                _allocator.Place(graph, purpose);
        }
        catch
        {
            _allocator.Dispose();
            throw;
        }
        _bytes = _allocator.Bytes;
        memory.Add(_bytes);
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes => _bytes;

    public void Dispose()
    {
        _allocator.Dispose();
        _memory.Add(-_bytes);
        _bytes = 0;
    }
}
