using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>What a weight is used for; it decides which types the device can take.</summary>
public enum WeightUse
{
    /// <summary>First operand of a matrix product: any type the device multiplies.</summary>
    Matrix,

    /// <summary>Norm weight, bias or token: F32.</summary>
    Vector,

    /// <summary>Convolution kernel [KW, KH, IC, OC]: F16 or F32.</summary>
    Kernel,
}

/// <summary>A weight of a model: where it is stored and the tensor that stands for it on the device.</summary>
/// <param name="Sources">Where the file has it: one tensor, or several whose rows follow each other.</param>
/// <param name="Tensor">The tensor that graphs refer to.</param>
public sealed record Weight(IReadOnlyList<ComponentTensor> Sources, Tensor Tensor)
{
    /// <summary>True when the tensor is what the file has, so that it can be used there; false when it is widened, put together or reordered at load.</summary>
    public bool IsAsStored => Sources.Count == 1 && Sources[0].Type.Ggml == Tensor.Type && Place is null;

    /// <summary>For each row of the sources, the row of the tensor that it becomes; null where they are the same. The rows of a vector are its elements.</summary>
    internal Func<long, long>? Place { get; init; }

    /// <summary>Elements of a row, which are whole blocks of the type.</summary>
    internal long RowElements => long.Max(Tensor.Ne(1) > 1 ? Tensor.Ne(0) : 1, Tensor.Type.BlockSize());
}

/// <summary>
/// A part of a model that is computed as one graph and moved as one piece. Memory code knows blocks and their bytes, not what they mean.
/// </summary>
public sealed class Block(string name)
{
    private readonly List<Weight> _weights = [];

    public string Name { get; } = name;

    public IReadOnlyList<Weight> Weights => _weights;

    /// <summary>Bytes of its weights on the device, without padding.</summary>
    public long Bytes => _weights.Sum(w => w.Tensor.Bytes);

    internal void Add(Weight weight) => _weights.Add(weight);
}
