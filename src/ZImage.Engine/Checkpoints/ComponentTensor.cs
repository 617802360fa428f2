namespace ZImage.Engine.Checkpoints;

/// <summary>A tensor of a component under its canonical name.</summary>
public sealed class ComponentTensor
{
    internal ComponentTensor(string name, CheckpointTensor stored, CheckpointTensor? scale = null, IReadOnlyList<long>? shape = null)
    {
        Name = name;
        Stored = stored;
        Scale = scale;
        Shape = shape ?? stored.Shape;
    }

    /// <summary>The canonical name, the same in every dialect.</summary>
    public string Name { get; }

    public CheckpointTensor Stored { get; }

    /// <summary>The factor that a quantiser stored beside 8-bit floats, one for all elements or one for each row; or none.</summary>
    public CheckpointTensor? Scale { get; }

    public StoredType Type => Stored.Type;

    /// <summary>Sizes in ggml's order, fastest axis first, without trailing ones.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes of the data as stored.</summary>
    public long Bytes => Stored.Bytes;

    public long Elements => Stored.Elements;

    /// <summary>Size along an axis; 1 beyond the last.</summary>
    public long Ne(int axis) => axis < Shape.Count ? Shape[axis] : 1;

    /// <summary>The factors of <see cref="Scale"/>, one or one a row; none without.</summary>
    public float[] ReadScale()
    {
        if (Scale is null)
            return [];
        var factors = new float[Scale.Elements];
        Scale.Decode(0, factors);
        return factors;
    }

    /// <summary>Elements [first, first + target's length) as floats, scaled where the file has factors; whole rows.</summary>
    /// <param name="first">First element.</param>
    /// <param name="target">Takes the values.</param>
    /// <param name="scale">What <see cref="ReadScale"/> gives.</param>
    public void Decode(long first, Span<float> target, ReadOnlySpan<float> scale)
    {
        Stored.Decode(first, target);
        if (scale.Length == 0)
            return;
        int run = scale.Length == 1 ? target.Length : (int)Ne(0);
        for (int start = 0; start < target.Length; start += run)
        {
            float factor = scale.Length == 1 ? scale[0] : scale[(int)((first + start) / run)];
            foreach (ref float value in target.Slice(start, run))
                value *= factor;
        }
    }

    public override string ToString() => $"{Name} {Type} {TensorShape.Format(Shape)}";
}
