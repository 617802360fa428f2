using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Tensors that live from one graph to the next: inputs, positions, the residual stream. They lie outside every compute buffer,
/// so that no graph overwrites them unless it is told to.
/// </summary>
public sealed class StateBuffer : IDisposable
{
    private const int Capacity = 64;

    private readonly DeviceMemory _memory;
    private readonly Buffer _placeholder;
    private readonly Context _context = new(Capacity);
    private readonly List<(Tensor Tensor, long Offset)> _tensors = [];
    private CountedBuffer? _buffer;
    private long _end;

    public StateBuffer(DeviceMemory memory)
    {
        _memory = memory;
        _placeholder = Buffer.Placeholder(memory.Type);
    }

    /// <summary>Bytes that <see cref="Allocate"/> takes.</summary>
    public long Bytes => Math.Max(_end, 1);

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
    public void Allocate(string purpose)
    {
        _buffer = _memory.Allocate(_end, purpose);
        foreach ((Tensor tensor, long offset) in _tensors)
            _buffer.Buffer.Place(tensor, offset);
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _placeholder.Dispose();
        _context.Dispose();
    }
}
