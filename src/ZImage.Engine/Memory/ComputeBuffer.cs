using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>
/// One compute buffer that serves several graphs, one at a time: as large as the largest needs. Each graph keeps a layout of its own.
/// </summary>
public sealed class ComputeBuffer : IDisposable
{
    private readonly MemoryAccount _memory;
    private readonly GraphAllocator _allocator;
    private long _bytes;

    /// <param name="memory">The device whose memory is used.</param>
    /// <param name="graphs">The graphs; weights and states they refer to are placed already.</param>
    /// <param name="purpose">For the error when there is no room.</param>
    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="BufferTooLargeException">The device gives no buffer of that size.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public ComputeBuffer(DeviceMemory memory, IReadOnlyCollection<Graph> graphs, string purpose)
    {
        _memory = memory;
        (Graph Graph, long Bytes)[] sizes = [.. graphs.Select(graph => (graph, GraphAllocator.Measure(memory.Type, graph))).OrderByDescending(size => size.Item2)];
        _allocator = new GraphAllocator(memory.Type);
        try
        {
            long bytes = sizes.Max(size => size.Bytes);
            // ggml would cut the buffer, and make it anew for a graph that needs more of one piece, under the graphs that are placed already.
            if (bytes > memory.Type.MaxBytes)
                throw new BufferTooLargeException(memory.Name, bytes, memory.Type.MaxBytes, purpose);
            memory.Take(bytes, purpose, () =>
            {
                // The largest first: the buffer must not move once a graph has its place in it.
                foreach ((Graph graph, _) in sizes)
                    _allocator.Place(graph, purpose);
                return true;
            });
            _bytes = bytes;
        }
        catch
        {
            _allocator.Dispose();
            throw;
        }
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes => _bytes;

    /// <summary>Size that a buffer for these graphs would have. Weights and states they refer to have a place, or a <see cref="Ggml.Buffer.Placeholder"/>.</summary>
    public static long Measure(DeviceMemory memory, IEnumerable<Graph> graphs) => graphs.Max(graph => GraphAllocator.Measure(memory.Type, graph));

    public void Dispose()
    {
        _allocator.Dispose();
        _memory.Return(_bytes);
        _bytes = 0;
    }
}
