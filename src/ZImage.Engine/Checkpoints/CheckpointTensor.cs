using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>A tensor as a file stores it: a name, a type, a shape and the place of its bytes.</summary>
public sealed class CheckpointTensor
{
    internal CheckpointTensor(string name, StoredType type, long[] shape, MappedFile file, long offset, long bytes)
    {
        Name = name;
        Type = type;
        Shape = shape;
        File = file;
        Offset = offset;
        Bytes = bytes;
    }

    /// <summary>The stored name, prefix included.</summary>
    public string Name { get; }

    public StoredType Type { get; }

    /// <summary>Sizes in ggml's order, fastest axis first, without trailing ones; at least one axis.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The mapping the bytes lie in.</summary>
    public MappedFile File { get; }

    /// <summary>Place of the first byte in the file; any number, in safetensors files.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the data, all of them inside the file; 0 when the size is not known.</summary>
    public long Bytes { get; }

    /// <summary>Number of elements.</summary>
    public long Elements => TensorShape.Elements(Shape);

    /// <summary>Size along an axis; 1 beyond the last.</summary>
    public long Ne(int axis) => axis < Shape.Count ? Shape[axis] : 1;

    /// <summary>The stored bytes of a tensor below 2 GiB; valid until the file is disposed.</summary>
    public ReadOnlySpan<byte> Data => File.Span(Offset, checked((int)Bytes));

    /// <summary>Elements [first, first + target's length) as floats, in the order of the file; whole blocks of the type.</summary>
    public void Decode(long first, Span<float> target)
    {
        long offset = Offset + Type.RowBytes(first);
        if (Type.Ggml is { } type)
            TensorRows.Decode(type, File, offset, target);
        else if (Type.IsFloat8)
            Float8.Decode(Type, File.Span(offset, target.Length), target);
        else
            throw new NotSupportedException($"Elements of the type {Type} cannot be read as floats.");
    }

    /// <summary>Bytes of tensors by the names of their types, largest first.</summary>
    internal static Dictionary<string, long> BytesByType(IEnumerable<CheckpointTensor> tensors)
        => tensors.GroupBy(tensor => tensor.Type.Name).Select(type => (type.Key, Bytes: type.Sum(tensor => tensor.Bytes)))
            .OrderByDescending(type => type.Bytes).ToDictionary(type => type.Key, type => type.Bytes);

    public override string ToString() => $"{Name} {Type} {TensorShape.Format(Shape)}";
}
