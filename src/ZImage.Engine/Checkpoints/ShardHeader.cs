using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>What the header of one file says, whatever its format: every length in it was checked against the file.</summary>
/// <param name="File">The mapped file.</param>
/// <param name="Format">For people, for example <c>GGUF v3</c>.</param>
/// <param name="Metadata">Named values.</param>
/// <param name="Tensors">The tensors by stored name, in the order of the file.</param>
/// <param name="DataOffset">Where the tensor data starts: the length of header and padding.</param>
internal sealed record ShardHeader(
    MappedFile File, string Format, CheckpointMetadata Metadata, IReadOnlyDictionary<string, CheckpointTensor> Tensors, long DataOffset)
{
    /// <exception cref="ModelFileException">It is no model file, or a damaged one.</exception>
    public static ShardHeader Read(MappedFile file)
        => GgufHeader.IsGguf(file) ? GgufHeader.Read(file)
            : SafetensorsHeader.IsSafetensors(file) ? SafetensorsHeader.Read(file)
            : throw ForeignFile.Describe(file);

    /// <summary>Demands that no two tensors share bytes.</summary>
    public static void CheckOverlap(MappedFile file, IEnumerable<CheckpointTensor> tensors)
    {
        CheckpointTensor? previous = null;
        foreach (CheckpointTensor tensor in tensors.Where(tensor => tensor.Bytes > 0).OrderBy(tensor => tensor.Offset))
        {
            if (previous is not null && tensor.Offset - previous.Offset < previous.Bytes)
                throw new ModelFileCorruptException(file.Path, $"the tensors '{previous.Name}' and '{tensor.Name}' overlap");
            previous = tensor;
        }
    }
}
