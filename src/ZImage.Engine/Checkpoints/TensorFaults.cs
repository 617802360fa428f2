namespace ZImage.Engine.Checkpoints;

/// <summary>Tensors that the model needs are not in the file. ErrorId <c>TensorMissing</c>.</summary>
public sealed class TensorMissingException(string path, IReadOnlyList<string> names)
    : ModelFileException("TensorMissing", path, Describe(names), $"The model file '{path}' lacks {Describe(names)}.",
        "Use a complete file of this model; a file with a part of the weights, such as a LoRA or one shard of several, cannot stand for it.")
{
    private const int NamesShown = 5;

    /// <summary>Canonical names of the missing tensors.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    private static string Describe(IReadOnlyList<string> names)
    {
        string shown = string.Join(", ", names.Take(NamesShown).Select(name => $"'{name}'"));
        string more = names.Count > NamesShown ? $" and {names.Count - NamesShown} more" : "";
        return $"{(names.Count == 1 ? "the tensor" : $"{names.Count} tensors:")} {shown}{more}";
    }
}

/// <summary>A tensor has another shape than the model needs. ErrorId <c>TensorShapeMismatch</c>.</summary>
public sealed class TensorShapeMismatchException(string path, string name, IReadOnlyList<long> expected, IReadOnlyList<long> found)
    : ModelFileException("TensorShapeMismatch", path, Describe(name, expected, found),
        $"The model file '{path}' does not fit: {Describe(name, expected, found)}.",
        "Use a file of Z-Image, Qwen3-4B or the Flux autoencoder, and files of one model together.")
{
    /// <summary>Canonical name of the tensor.</summary>
    public string Name { get; } = name;

    /// <summary>Expected sizes, fastest axis first; -1 stands for any size.</summary>
    public IReadOnlyList<long> Expected { get; } = expected;

    /// <summary>Sizes in the file, fastest axis first.</summary>
    public IReadOnlyList<long> Found { get; } = found;

    private static string Describe(string name, IReadOnlyList<long> expected, IReadOnlyList<long> found)
        => $"the tensor '{name}' has the shape {TensorShape.Format(found)} where {TensorShape.Format(expected)} is expected";
}

/// <summary>A tensor is stored in a type that is not known here. ErrorId <c>TensorTypeUnsupported</c>.</summary>
public sealed class TensorTypeUnsupportedException(string path, string name, StoredType type, string? reason = null)
    : ModelFileException("TensorTypeUnsupported", path, Describe(name, type, reason),
        $"The model file '{path}' cannot be used: {Describe(name, type, reason)}.",
        "Use a file with another quantisation, for example Q8_0, Q4_K or BF16.")
{
    /// <summary>Canonical name of the tensor.</summary>
    public string Name { get; } = name;

    public StoredType Type { get; } = type;

    private static string Describe(string name, StoredType type, string? reason)
        => $"the tensor '{name}' has the type {type}, {reason ?? "which is not supported"}";
}
