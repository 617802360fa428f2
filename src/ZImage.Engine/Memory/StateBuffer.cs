using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Tensors that live from one graph to the next: inputs, positions, the residual stream. They lie outside every compute buffer,
/// so that no graph overwrites them unless it is told to.
/// </summary>
public sealed class StateBuffer : IDisposable
{
    private readonly MemoryAccount _memory;
    private readonly Buffer _placeholder;
    private readonly Context _context;
    private readonly List<(Tensor Tensor, long Offset)> _tensors = [];
    private CountedBuffer? _buffer;
    private long _end;

    /// <param name="memory">The memory it will be a part of.</param>
    /// <param name="tensors">Most tensors that are described.</param>
    public StateBuffer(MemoryAccount memory, int tensors = 64)
    {
        _memory = memory;
        _context = new Context(tensors);
        _placeholder = Buffer.Placeholder(memory.Type);
    }

    /// <summary>Bytes that <see cref="Allocate"/> takes.</summary>
    public long Bytes => Math.Max(_end, 1);

    /// <summary>What the tensors lie in, once they have a place.</summary>
    internal Buffer Buffer => _buffer?.Buffer ?? throw new InvalidOperationException("The state has no place.");

    /// <summary>Whether anything was described.</summary>
    internal bool IsEmpty => _tensors.Count == 0;

    /// <summary>Gives a tensor of a graph no place but this buffer, so that the graph can be measured before <see cref="Allocate"/>.</summary>
    internal void Announce(Tensor tensor) => _placeholder.Announce(tensor);

    /// <summary>Where a tensor lies, in bytes from the start.</summary>
    internal long OffsetOf(Tensor tensor) => _tensors.First(placed => placed.Tensor.Equals(tensor)).Offset;

    /// <summary>Describes a tensor; sizes in ggml's order, fastest axis first. It has no place before <see cref="Allocate"/>.</summary>
    public Tensor Add(string name, GgmlType type, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1)
    {
        Tensor tensor = _context.NewTensor(type, ne0, ne1, ne2, ne3);
        tensor.Name = name;
        _placeholder.Announce(tensor);
        _tensors.Add((tensor, _end));
        _end = _memory.Type.AlignUp(_end + _memory.Type.AllocationBytes(tensor));
        return tensor;
    }

    /// <summary>Gives all tensors their place.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public void Allocate(string purpose) => Place((bytes, what) => _memory.Allocate(bytes, what), purpose);

    /// <summary>Gives all tensors their place in memory that is pinned where the system pins so much.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no room.</exception>
    internal void AllocateOnHost(string purpose) => Place(_memory.AllocateOnHost, purpose);

    public void Dispose()
    {
        _buffer?.Dispose();
        _placeholder.Dispose();
        _context.Dispose();
    }

    private void Place(Func<long, string, CountedBuffer> allocate, string purpose)
    {
        _buffer = allocate(_end, purpose);
        foreach ((Tensor tensor, long offset) in _tensors)
            _buffer.Buffer.Place(tensor, offset);
    }
}
