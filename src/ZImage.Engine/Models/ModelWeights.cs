using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The weights of one component as an ordered list of blocks. Declaring a weight checks its name, shape and type against the file,
/// so nothing native meets a shape that was not checked.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private readonly Context _context;
    private readonly Backend _backend;
    private readonly List<Block> _blocks = [];
    private readonly Dictionary<(GgmlType, long), bool> _multipliable = [];

    public ModelWeights(ComponentFile file, Backend backend)
    {
        File = file;
        _backend = backend;
        _context = new Context(file.Tensors.Count + 1);
    }

    public ComponentFile File { get; }

    /// <summary>The blocks in the order of their computation.</summary>
    public IReadOnlyList<Block> Blocks => _blocks;

    public long Bytes => _blocks.Sum(b => b.Bytes);

    public Block AddBlock(string name)
    {
        var block = new Block(name);
        _blocks.Add(block);
        return block;
    }

    /// <summary>A weight the model cannot do without. Sizes are ggml's, fastest axis first.</summary>
    /// <exception cref="ModelFileException">It is missing, or its shape or type is wrong.</exception>
    public Tensor Require(Block block, string name, WeightUse use, params ReadOnlySpan<long> shape)
        => Declare(block, File.Require(name, shape), use, shape);

    /// <summary>A weight that a model may lack; none when it does.</summary>
    public Tensor Find(Block block, string name, WeightUse use, params ReadOnlySpan<long> shape)
        => File.Find(name, shape) is { } source ? Declare(block, source, use, shape) : default;

    public void Dispose() => _context.Dispose();

    private Tensor Declare(Block block, ComponentTensor source, WeightUse use, ReadOnlySpan<long> shape)
    {
        // The expected shape rules: a vector stored as [n, 1] or [1, n] is used as [n].
        Span<long> ne = [1, 1, 1, 1];
        for (int axis = 0; axis < shape.Length; axis++)
            ne[axis] = shape[axis];
        GgmlType type = DeviceType(source, use, ne[0]);
        Tensor tensor = _context.NewTensor(type, ne[0], ne[1], ne[2], ne[3]);
        tensor.Name = source.Name.Length < 64 ? source.Name : source.Name[^63..];
        block.Add(new Weight(source, tensor));
        return tensor;
    }

    private GgmlType DeviceType(ComponentTensor source, WeightUse use, long rowLength)
    {
        GgmlType stored = source.Type;
        if (stored is GgmlType.I8 or GgmlType.I16 or GgmlType.I32 or GgmlType.I64 or GgmlType.F64)
            throw new TensorTypeUnsupportedException(File.Path, source.Name, stored, "which is not a type of weights");
        return use switch
        {
            WeightUse.Vector => GgmlType.F32,
            WeightUse.Kernel => stored == GgmlType.F16 ? GgmlType.F16 : GgmlType.F32,
            _ => CanMultiply(stored, rowLength) ? stored : GgmlType.F32,
        };
    }

    // Some devices lack BF16 or a quantisation; the weights are widened for them.
    private bool CanMultiply(GgmlType type, long rowLength)
    {
        if (_multipliable.TryGetValue((type, rowLength), out bool known))
            return known;
        using var probe = new Context(4);
        bool supported = _backend.Supports(probe.MulMat(probe.NewTensor(type, rowLength, 32), probe.NewTensor(GgmlType.F32, rowLength, 32)));
        _multipliable[(type, rowLength)] = supported;
        return supported;
    }
}
