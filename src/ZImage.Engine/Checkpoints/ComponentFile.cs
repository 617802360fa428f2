using System.Globalization;
using ZImage.Engine.Checkpoints.Dialects;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// One component of a model in a file, its tensors under canonical names. What a model takes from here has been checked:
/// name, shape and type; nothing unchecked reaches native code.
/// </summary>
public sealed class ComponentFile : IDisposable
{
    private readonly OrderedDictionary<string, ComponentTensor> _tensors = [];
    private readonly List<CheckpointTensor> _sideTensors = [];

    private ComponentFile(Checkpoint checkpoint, DialectMatch match)
    {
        Checkpoint = checkpoint;
        Recognized = ComponentRecognizer.Describe(match);
        List<CheckpointTensor> own = [.. checkpoint.Tensors.Values.Where(stored => stored.Name.StartsWith(match.Prefix, StringComparison.Ordinal))];
        Func<string, string?> canonicalName = match.Dialect.Mapping(own.Select(stored => stored.Name[match.Prefix.Length..]));
        foreach (CheckpointTensor stored in own)
        {
            if (QuantizerTensors.IsSide(stored.Name) || canonicalName(stored.Name[match.Prefix.Length..]) is not { } canonical)
                _sideTensors.Add(stored);
            else if (!_tensors.TryAdd(canonical, new ComponentTensor(canonical, stored, QuantizerTensors.ScaleOf(stored, checkpoint), QuantizerTensors.OriginalShape(stored, checkpoint))))
                throw new ModelFileCorruptException(checkpoint.Path, $"the tensors '{_tensors[canonical].Stored.Name}' and '{stored.Name}' are the same one, '{canonical}'");
        }
    }

    public Checkpoint Checkpoint { get; }

    /// <summary>What the file was recognised as, and by which tensors.</summary>
    public RecognizedComponent Recognized { get; }

    public ComponentKind Kind => Recognized.Kind;

    public string Path => Checkpoint.Path;

    public CheckpointMetadata Metadata => Checkpoint.Metadata;

    /// <summary>The tensors by canonical name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, ComponentTensor> Tensors => _tensors;

    /// <summary>Tensors of the file that belong to no model: scales, markers, unused norms.</summary>
    public IReadOnlyList<CheckpointTensor> SideTensors => _sideTensors;

    /// <summary>Opens a file that must hold a component of the given kind. The result owns the mapping.</summary>
    /// <exception cref="WrongComponentException">The file holds another component, or none.</exception>
    /// <exception cref="ModelFileException">See <see cref="Checkpoint.Open"/>.</exception>
    public static ComponentFile Open(string path, ComponentKind kind)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        try
        {
            return From(checkpoint, kind);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The component of the given kind in an open checkpoint, which the result owns from here on.</summary>
    /// <exception cref="WrongComponentException">The file holds another component, or none; the checkpoint stays open.</exception>
    public static ComponentFile From(Checkpoint checkpoint, ComponentKind kind)
    {
        foreach (TensorDialect dialect in TensorDialect.All.Where(dialect => dialect.Kind == kind))
        {
            if (dialect.Match(checkpoint) is { } match)
                return new ComponentFile(checkpoint, match);
        }
        RecognizedComponent found = ComponentRecognizer.Recognize(checkpoint);
        throw new WrongComponentException(checkpoint.Path, kind, found.Kind, found.Evidence);
    }

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>
    /// The tensor of a canonical name, or null. Sizes are given in ggml's order, fastest axis first; -1 fits any size, trailing
    /// ones do not count, and no sizes at all fit every shape.
    /// </summary>
    /// <exception cref="TensorShapeMismatchException">The tensor is there with another shape.</exception>
    /// <exception cref="TensorTypeUnsupportedException">Its type is not known.</exception>
    public ComponentTensor? Find(string name, params ReadOnlySpan<long> expectedShape)
    {
        if (!_tensors.TryGetValue(name, out ComponentTensor? tensor))
            return null;
        if (!tensor.Type.IsWeightType)
            throw new TensorTypeUnsupportedException(Path, name, tensor.Type, tensor.Type.IsKnown ? "which is not a type of weights" : null);
        if (tensor.Elements == 0)
            throw new ModelFileCorruptException(Path, $"the tensor '{name}' has no elements");
        if (expectedShape.Length > 0 && !TensorShape.Matches(expectedShape, tensor.Shape))
            throw new TensorShapeMismatchException(Path, name, expectedShape.ToArray(), tensor.Shape);
        return tensor;
    }

    /// <summary>As <see cref="Find"/>, for a tensor that the model cannot do without.</summary>
    /// <exception cref="TensorMissingException">There is no such tensor.</exception>
    public ComponentTensor Require(string name, params ReadOnlySpan<long> expectedShape)
        => Find(name, expectedShape) ?? throw new TensorMissingException(Path, [name]);

    /// <summary>
    /// How many blocks there are under a prefix, for example 30 under <c>layers.</c> when there are tensors of
    /// <c>layers.0.</c> to <c>layers.29.</c>.
    /// </summary>
    /// <exception cref="TensorMissingException">A block is missing between others.</exception>
    public int Blocks(string prefix)
    {
        var present = new SortedSet<int>();
        foreach (string name in _tensors.Keys)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> rest = name.AsSpan(prefix.Length);
            int dot = rest.IndexOf('.');
            if (dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
                present.Add(index);
        }
        int expected = 0;
        foreach (int index in present)
        {
            if (index != expected)
                throw new TensorMissingException(Path, [$"{prefix}{expected}.*"]);
            expected++;
        }
        return expected;
    }

    public void Dispose() => Checkpoint.Dispose();
}
