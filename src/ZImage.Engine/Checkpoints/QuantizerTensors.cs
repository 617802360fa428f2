namespace ZImage.Engine.Checkpoints;

/// <summary>What quantisers leave beside the weights: factors of 8-bit floats, markers, and shapes that a row length did not allow.</summary>
internal static class QuantizerTensors
{
    private const string Weight = ".weight";
    private static readonly string[] s_scaleSuffixes = [".scale_weight", ".weight_scale"];
    private static readonly string[] s_otherSuffixes = [".scale_input", ".input_scale", ".comfy_quant"];

    /// <summary>Whether a stored name is that of a factor or marker and not of a weight.</summary>
    public static bool IsSide(string stored)
        => stored == "scaled_fp8" || stored.EndsWith(".scaled_fp8", StringComparison.Ordinal)
            || s_scaleSuffixes.Concat(s_otherSuffixes).Any(suffix => stored.EndsWith(suffix, StringComparison.Ordinal));

    /// <summary>The factor that belongs to a tensor of 8-bit floats, if the file has one.</summary>
    public static CheckpointTensor? ScaleOf(CheckpointTensor stored, Checkpoint checkpoint)
        => stored.Type.IsFloat8 && stored.Name.EndsWith(Weight, StringComparison.Ordinal)
            ? s_scaleSuffixes.Select(suffix => checkpoint.Tensors.GetValueOrDefault(stored.Name[..^Weight.Length] + suffix)).FirstOrDefault(scale => scale is not null)
            : null;

    /// <summary>
    /// The shape that a GGUF file gives in <c>comfy.gguf.orig_shape.NAME</c> (slowest axis first) for a tensor that was reshaped to rows of
    /// whole blocks; null without.
    /// </summary>
    public static IReadOnlyList<long>? OriginalShape(CheckpointTensor stored, Checkpoint checkpoint)
    {
        string key = "comfy.gguf.orig_shape." + stored.Name;
        if (checkpoint.Metadata.GetArrayLength(key) is null)
            return null;
        long[] shape = [.. checkpoint.Metadata.GetInt32s(key)!.Select(size => (long)size).Reverse()];
        return shape.Length > 0 && shape.All(size => size > 0) && TensorShape.Elements(shape) == stored.Elements
            ? TensorShape.WithoutTrailingOnes(shape)
            : throw new ModelFileCorruptException(checkpoint.Path, $"its metadata '{key}' does not fit the tensor's shape {TensorShape.Format(stored.Shape)}");
    }
}
