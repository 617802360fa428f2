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
    private readonly Context _context = new(Capacity);
    private readonly List<Tensor> _tensors = [];
    private CountedBuffer? _buffer;

    public StateBuffer(DeviceMemory memory) => _memory = memory;

    /// <summary>Describes a tensor; sizes in ggml's order, fastest axis first. It has no place before <see cref="Allocate"/>.</summary>
    public Tensor Add(string name, GgmlType type, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1)
    {
        Tensor tensor = _context.NewTensor(type, ne0, ne1, ne2, ne3);
        tensor.Name = name;
        _tensors.Add(tensor);
        return tensor;
    }

    /// <summary>Gives all tensors their place.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public void Allocate(string purpose)
    {
        BufferType type = _memory.Backend.BufferType;
        var offsets = new long[_tensors.Count];
        long end = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = end;
            end = type.AlignUp(end + type.AllocationBytes(_tensors[i]));
        }
        _buffer = _memory.Allocate(end, purpose);
        for (int i = 0; i < offsets.Length; i++)
            _buffer.Buffer.Place(_tensors[i], offsets[i]);
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _context.Dispose();
    }
}
