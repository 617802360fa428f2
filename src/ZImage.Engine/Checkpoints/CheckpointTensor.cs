using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>A tensor as a file stores it: a name, a type, a shape and the place of its bytes.</summary>
public sealed class CheckpointTensor
{
    internal CheckpointTensor(string name, GgmlType type, long[] shape, MappedFile file, long offset, long bytes)
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

    /// <summary>The type number of the file. Types that are not in <see cref="GgmlTypes"/> stay as their number.</summary>
    public GgmlType Type { get; }

    /// <summary>Whether the type, and so the size, is known.</summary>
    public bool IsTypeKnown => GgmlTypes.IsKnown(Type);

    /// <summary>Sizes in ggml's order, fastest axis first, without trailing ones; at least one axis.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The mapping the bytes lie in.</summary>
    public MappedFile File { get; }

    /// <summary>Place of the first byte in the file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the data, all of them inside the file; 0 when the type is not known.</summary>
    public long Bytes { get; }

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Size along an axis; 1 beyond the last.</summary>
    public long Ne(int axis) => axis < Shape.Count ? Shape[axis] : 1;

    /// <summary>The stored bytes of a tensor below 2 GiB; valid until the file is disposed.</summary>
    public ReadOnlySpan<byte> Data => File.Span(Offset, checked((int)Bytes));

    public override string ToString() => $"{Name} {Type} {TensorShape.Format(Shape)}";
}
