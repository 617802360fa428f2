using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The weights of one component as an ordered list of blocks. Declaring a weight checks its name, shape and type against the file,
/// so nothing native meets a shape that was not checked. For looking at a file, weights are only declared: see <see cref="Inspect"/>.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private readonly Context? _context;
    private readonly Backend? _backend;
    private readonly List<Block> _blocks = [];
    private WeightResidency? _residency;
    private readonly List<string> _missing = [];
    private readonly Dictionary<(GgmlType, long), bool> _multipliable = [];

    public ModelWeights(ComponentFile file, Backend backend)
    {
        File = file;
        _backend = backend;
        _context = new Context(file.Tensors.Count + 1);
    }

    private ModelWeights(ComponentFile file) => File = file;

    public ComponentFile File { get; }

    /// <summary>Canonical names of weights that the file lacks; only for weights that are inspected, else the first is a fault.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Whether they are only looked at.</summary>
    internal bool IsInspected => _backend is null;

    /// <summary>The device that computes with the weights.</summary>
    internal Backend Backend => _backend ?? throw new InvalidOperationException("These weights are only inspected.");

    /// <summary>Where the weights are; set by the residency itself.</summary>
    internal WeightResidency Residency
    {
        get => _residency ?? throw new InvalidOperationException("These weights have no place on a device.");
        set => _residency = value;
    }

    /// <summary>The blocks in the order of their computation.</summary>
    public IReadOnlyList<Block> Blocks => _blocks;

    public long Bytes => _blocks.Sum(b => b.Bytes);

    /// <summary>Weights without a device: nothing native is touched, and what is missing is noted instead of being a fault.</summary>
    public static ModelWeights Inspect(ComponentFile file) => new(file);

    public Block AddBlock(string name)
    {
        var block = new Block(name);
        _blocks.Add(block);
        return block;
    }

    /// <summary>A weight the model cannot do without. Sizes are ggml's, fastest axis first.</summary>
    /// <exception cref="ModelFileException">It is missing, or its shape or type is wrong.</exception>
    public Tensor Require(Block block, string name, WeightUse use, params ReadOnlySpan<long> shape) => Require(block, name, use, null, shape);

    /// <summary>The same with a place on the device for each of its rows, which are a vector's elements; null for the order as it is.</summary>
    /// <exception cref="ModelFileException">It is missing, or its shape or type is wrong.</exception>
    internal Tensor Require(Block block, string name, WeightUse use, Func<long, long>? place, params ReadOnlySpan<long> shape)
    {
        if (_context is not null || File.Has(name))
            return Declare(block, File.Require(name, shape), use, place, shape);
        _missing.Add(name);
        return default;
    }

    /// <summary>A weight that a model may lack; none when it does.</summary>
    public Tensor Find(Block block, string name, WeightUse use, params ReadOnlySpan<long> shape)
        => File.Find(name, shape) is { } source ? Declare(block, source, use, null, shape) : default;

    public void Dispose() => _context?.Dispose();

    /// <summary>
    /// Whether weights are copied to the device, so that their rows can have another order there than in the file. On the CPU they are used where they
    /// lie, and the few that are copied there are not others for it.
    /// </summary>
    internal bool CanReorder => !IsInspected && Backend.Device.Backend != BackendKind.Cpu;

    /// <summary>Matrices as one whose rows follow each other, where they are of one type on the device; none where they are not.</summary>
    /// <param name="block">The block.</param>
    /// <param name="columns">Columns of all.</param>
    /// <param name="place">For each of the rows, where it lies on the device; null for the order as it is.</param>
    /// <param name="parts">The matrices, and the rows of each.</param>
    /// <exception cref="ModelFileException">One is missing, or its shape or type is wrong.</exception>
    internal Tensor Stack(Block block, long columns, Func<long, long>? place, params ReadOnlySpan<(string Name, long Rows)> parts)
    {
        var sources = new List<ComponentTensor>();
        foreach ((string name, long rows) in parts)
        {
            ComponentTensor source = File.Require(name, columns, rows);
            CheckScale(source);
            sources.Add(source);
        }
        GgmlType[] types = [.. sources.Select(source => DeviceType(source, WeightUse.Matrix, columns)).Distinct()];
        return types.Length == 1 ? Add(block, sources, types[0], place, [columns, sources.Sum(source => source.Ne(1))]) : default;
    }

    private Tensor Declare(Block block, ComponentTensor source, WeightUse use, Func<long, long>? place, ReadOnlySpan<long> shape)
    {
        CheckScale(source);
        return _context is null ? default : Add(block, [source], DeviceType(source, use, shape[0]), place, shape);
    }

    private Tensor Add(Block block, IReadOnlyList<ComponentTensor> sources, GgmlType type, Func<long, long>? place, ReadOnlySpan<long> shape)
    {
        // The expected shape rules: a vector stored as [n, 1] or [1, n] is used as [n].
        Span<long> ne = [1, 1, 1, 1];
        shape.CopyTo(ne);
        Tensor tensor = _context!.NewTensor(type, ne[0], ne[1], ne[2], ne[3]);
        string name = sources[0].Name;
        tensor.Name = name.Length < 64 ? name : name[^63..];
        block.Add(new Weight(sources, tensor) { Place = place });
        return tensor;
    }

    /// <summary>Demands that factors which a tensor has are such that are understood.</summary>
    /// <exception cref="TensorTypeUnsupportedException">They are not.</exception>
    internal void CheckScale(ComponentTensor source)
    {
        if (QuantizerTensors.UnknownScaleOf(source.Stored, File.Checkpoint) is { } unknown)
            throw new TensorTypeUnsupportedException(File.Path, source.Name, source.Type, $"with factors '{unknown}' of a kind that is not read");
        if (source.Scale is { } scale && (!scale.Type.IsWeightType || scale.Type.IsFloat8 || source.ScaleGrid is null))
        {
            throw new TensorTypeUnsupportedException(File.Path, source.Name, source.Type,
                $"with factors '{scale.Name}' ({scale.Type} {TensorShape.Format(scale.Shape)}), where one, one for each row, or one for each of equal rectangles is expected");
        }
    }

    private GgmlType DeviceType(ComponentTensor source, WeightUse use, long rowLength)
    {
        GgmlType stored = source.Type.Ggml ?? Widened(source);
        return use switch
        {
            WeightUse.Vector => GgmlType.F32,
            WeightUse.Kernel => stored == GgmlType.F16 ? GgmlType.F16 : GgmlType.F32,
            _ => CanMultiply(stored, rowLength) ? stored : GgmlType.F32,
        };
    }

    // Every 8-bit float is an F16, and so is its product with a factor, rounded, unless that is larger than an F16 can be.
    private static GgmlType Widened(ComponentTensor source)
    {
        float largest = Float8.Largest(source.Type) * source.ReadScale().DefaultIfEmpty(1).Max(MathF.Abs);
        return largest <= (float)Half.MaxValue ? GgmlType.F16 : GgmlType.F32;
    }

    // Some devices lack BF16 or a quantisation; the weights are widened for them. A row must be whole blocks.
    private bool CanMultiply(GgmlType type, long rowLength)
    {
        if (_multipliable.TryGetValue((type, rowLength), out bool known))
            return known;
        bool supported = rowLength % type.BlockSize() == 0;
        if (supported)
        {
            using var probe = new Context(4);
            supported = Backend.Supports(probe.MulMat(probe.NewTensor(type, rowLength, 32), probe.NewTensor(GgmlType.F32, rowLength, 32)));
        }
        _multipliable[(type, rowLength)] = supported;
        return supported;
    }
}
