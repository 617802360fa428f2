using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>A graph of operations in the order of their computation. The context that made it owns it.</summary>
public sealed class Graph
{
    private readonly IReadOnlyList<HostOperation> _operations;

    internal Graph(nint handle, IReadOnlyList<HostOperation> operations)
    {
        Handle = handle != 0 ? handle : throw new InvalidOperationException("ggml made no graph: the context is full.");
        _operations = operations;
    }

    internal nint Handle { get; }

    /// <summary>Adds a tensor and everything it depends on.</summary>
    public void Expand(Tensor tensor) => Native.ggml_build_forward_expand(Handle, tensor.Handle);

    /// <summary>Throws what an operation of our own has thrown in it.</summary>
    internal void ThrowFault()
    {
        foreach (HostOperation operation in _operations)
            operation.ThrowFault();
    }

    /// <summary>Makes it a graph of one operation, whose operands are there.</summary>
    internal void SetNode(Tensor operation)
    {
        Native.ggml_graph_clear(Handle);
        Native.ggml_graph_add_node(Handle, operation.Handle);
    }

    public int NodeCount => Native.ggml_graph_n_nodes(Handle);

    /// <summary>Floating-point operations of its matrix products and attention: what its time mostly goes to.</summary>
    public double Flops
    {
        get
        {
            double flops = 0;
            for (int i = 0; i < NodeCount; i++)
                flops += Node(i).Flops;
            return flops;
        }
    }

    public Tensor Node(int index) => index >= 0 && index < NodeCount
        ? new Tensor(Native.ggml_graph_node(Handle, index))
        : throw new ArgumentOutOfRangeException(nameof(index));
}

/// <summary>
/// Places the results of a graph in one compute buffer. Inputs that are not outputs too are overwritten by later nodes:
/// set every input again before every run.
/// </summary>
public sealed unsafe class GraphAllocator : IDisposable
{
    private readonly AllocatorHandle _handle;
    private readonly BufferType _type;

    public GraphAllocator(BufferType type)
    {
        _type = type;
        _handle = new AllocatorHandle(Native.ggml_gallocr_new(type.Handle));
    }

    /// <summary>Size of the compute buffer in bytes.</summary>
    public long Bytes => (long)Native.ggml_gallocr_get_buffer_size(_handle, 0);

    /// <summary>
    /// Bytes a compute buffer for <paramref name="graph"/> needs, without allocating any. Weights must have a buffer already,
    /// or they are counted.
    /// </summary>
    public static long Measure(BufferType type, Graph graph)
    {
        // The dry run needs an allocator of its own: its buffers are gone afterwards.
        using var dry = new GraphAllocator(type);
        nuint bytes = 0;
        Native.ggml_gallocr_reserve_n_size(dry._handle, graph.Handle, null, null, &bytes);
        return (long)bytes;
    }

    /// <summary>Allocates the compute buffer and places the graph in it.</summary>
    public void Place(Graph graph, string purpose)
    {
        if (!Native.ggml_gallocr_reserve(_handle, graph.Handle) || !Native.ggml_gallocr_alloc_graph(_handle, graph.Handle))
            throw new DeviceOutOfMemoryException(_type.Name, Measure(_type, graph), purpose);
    }

    public void Dispose() => _handle.Dispose();
}
