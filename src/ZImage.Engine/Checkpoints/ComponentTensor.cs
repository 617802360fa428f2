using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>A tensor of a component under its canonical name, with the stored tensors it is made of.</summary>
public sealed class ComponentTensor
{
    internal ComponentTensor(string name, CheckpointTensor stored)
    {
        Name = name;
        Parts = [stored];
    }

    /// <summary>The canonical name, the same in every dialect.</summary>
    public string Name { get; }

    /// <summary>
    /// The stored tensors whose rows, one after the other, are this one: a single one wherever the file stores the tensor whole.
    /// </summary>
    public IReadOnlyList<CheckpointTensor> Parts { get; }

    public GgmlType Type => Parts[0].Type;

    /// <summary>Sizes in ggml's order, fastest axis first, without trailing ones.</summary>
    public IReadOnlyList<long> Shape => Parts[0].Shape;

    /// <summary>Bytes of the data as stored.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    public long Elements => Parts.Sum(part => part.Elements);

    /// <summary>Size along an axis; 1 beyond the last.</summary>
    public long Ne(int axis) => Parts[0].Ne(axis);

    public override string ToString() => $"{Name} {Type} {TensorShape.Format(Shape)}";
}
