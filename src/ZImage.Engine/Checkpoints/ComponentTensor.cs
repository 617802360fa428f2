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

    /// <summary>The factors that a quantiser stored beside 8-bit floats, if it did.</summary>
    public CheckpointTensor? Scale { get; }

    /// <summary>
    /// Columns and rows for which one factor counts: all of them, a whole row, or a rectangle. Null when the factors do not divide the tensor evenly,
    /// or when there are none.
    /// </summary>
    public (long Columns, long Rows)? ScaleGrid
    {
        get
        {
            long columns = Ne(0), rows = Elements / Math.Max(columns, 1);
            if (Scale is not { Elements: > 0 } scale)
                return null;
            (long across, long down) = scale.Elements == 1 ? (1, 1) : scale.Shape.Count == 1 ? (1, scale.Elements) : (scale.Ne(0), scale.Elements / scale.Ne(0));
            return across <= columns && down <= rows && columns % across == 0 && rows % down == 0 ? (columns / across, rows / down) : null;
        }
    }

    public StoredType Type => Stored.Type;

    /// <summary>Sizes in ggml's order, fastest axis first, without trailing ones.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes of the data as stored.</summary>
    public long Bytes => Stored.Bytes;

    public long Elements => Stored.Elements;

    /// <summary>Size along an axis; 1 beyond the last.</summary>
    public long Ne(int axis) => axis < Shape.Count ? Shape[axis] : 1;

    /// <summary>The factors of <see cref="Scale"/>; none without.</summary>
    public float[] ReadScale()
    {
        if (Scale is null)
            return [];
        var factors = new float[Scale.Elements];
        Scale.Decode(0, factors);
        return factors;
    }

    /// <summary>Elements [first, first + target's length) as floats, multiplied by their factors where the file has some.</summary>
    /// <param name="first">First element; the start of a row.</param>
    /// <param name="target">Takes the values; whole rows, unless there is one factor for all.</param>
    /// <param name="scale">What <see cref="ReadScale"/> gives.</param>
    public void Decode(long first, Span<float> target, ReadOnlySpan<float> scale)
    {
        Stored.Decode(first, target);
        if (scale.Length == 0)
            return;
        (long columns, long rows) = ScaleGrid!.Value;
        int run = (int)Math.Min(columns, target.Length);
        long across = Ne(0) / columns;
        for (int start = 0; start < target.Length; start += run)
        {
            long at = first + start;
            float factor = scale.Length == 1 ? scale[0] : scale[(int)(at / Ne(0) / rows * across + at % Ne(0) / columns)];
            foreach (ref float value in target.Slice(start, Math.Min(run, target.Length - start)))
                value *= factor;
        }
    }

    public override string ToString() => $"{Name} {Type} {TensorShape.Format(Shape)}";
}
