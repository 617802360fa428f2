using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>
/// A component with the names and shapes of the published one. Weights are scaled by the inputs of their matrix and norms are near 1, so that
/// values stay as large as they are in a trained model, and what is drawn is finite, colourful noise.
/// </summary>
internal abstract class SyntheticComponent
{
    private readonly List<SyntheticTensor> _tensors = [];

    public IReadOnlyList<SyntheticTensor> Tensors => _tensors;

    /// <summary>A file of it, described: the values of its tensors are still to come.</summary>
    public GgufWriter Describe()
    {
        var writer = new GgufWriter();
        Describe(writer);
        foreach (SyntheticTensor tensor in _tensors)
            writer.AddTensor(tensor.Name, (int)tensor.Type, tensor.Shape, tensor.Bytes);
        return writer;
    }

    /// <summary>Enters what a file of it says besides tensors.</summary>
    protected abstract void Describe(GgufWriter writer);

    protected void Matrix(string name, long columns, long rows, float gain = 1, float? bias = null)
    {
        Add(name + ".weight", GgmlType.Q8_0, [columns, rows], 0, gain / MathF.Sqrt(columns));
        if (bias is { } deviation)
            Vector(name + ".bias", rows, 0, deviation);
    }

    protected void Norm(string name, long size) => Vector(name + ".weight", size, 1, 0.1f);

    protected void Vector(string name, long size, float mean, float deviation) => Add(name, GgmlType.F32, [size], mean, deviation);

    protected void Add(string name, GgmlType type, long[] shape, float mean, float deviation) => _tensors.Add(new SyntheticTensor(name, type, shape, mean, deviation));
}
