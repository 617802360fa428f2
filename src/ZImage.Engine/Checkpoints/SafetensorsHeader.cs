using System.Buffers.Binary;
using System.Text.Json;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The header of a safetensors file: its length as 8 bytes, little-endian, then JSON with a type, a shape (slowest axis first) and the place of
/// its bytes for each tensor, then the bytes. Tensors may start at any byte. Source: the safetensors format description.
/// </summary>
internal static class SafetensorsHeader
{
    private const int LengthBytes = sizeof(ulong);

    // The format's own limit.
    private const ulong LongestHeader = 100_000_000;
    private const int MostAxes = 8;
    private const string MetadataKey = "__metadata__";

    private static readonly Dictionary<string, StoredType> s_types = new()
    {
        ["F64"] = GgmlType.F64,
        ["F32"] = GgmlType.F32,
        ["F16"] = GgmlType.F16,
        ["BF16"] = GgmlType.BF16,
        ["F8_E4M3"] = StoredType.Float8E4M3,
        ["F8_E5M2"] = StoredType.Float8E5M2,
        ["I64"] = GgmlType.I64,
        ["I32"] = GgmlType.I32,
        ["I16"] = GgmlType.I16,
        ["I8"] = GgmlType.I8,
        ["U64"] = new("U64", 1, 8, null),
        ["U32"] = new("U32", 1, 4, null),
        ["U16"] = new("U16", 1, 2, null),
        ["U8"] = new("U8", 1, 1, null),
        ["BOOL"] = new("BOOL", 1, 1, null),
    };

    /// <summary>Whether the file begins as one of the format: a length that is allowed, and an opening brace.</summary>
    public static bool IsSafetensors(MappedFile file)
        => file.Length > LengthBytes && HeaderLength(file) is >= 2 and <= LongestHeader && file.Span(LengthBytes, 1)[0] == (byte)'{';

    /// <exception cref="ModelFileTruncatedException">The file ends before its contents do.</exception>
    /// <exception cref="ModelFileCorruptException">The header contradicts itself.</exception>
    public static ShardHeader Read(MappedFile file)
    {
        long length = (long)HeaderLength(file);
        long dataOffset = LengthBytes + length;
        if (dataOffset > file.Length)
            throw new ModelFileTruncatedException(file.Path, file.Length, dataOffset, $"it ends after {file.Length} bytes, inside its header of {length} bytes");

        var texts = new Dictionary<string, string>();
        var tensors = new OrderedDictionary<string, CheckpointTensor>();
        try
        {
            using JsonDocument json = JsonDocument.Parse(file.Span(LengthBytes, (int)length).ToArray());
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == MetadataKey)
                    ReadTexts(entry.Value, texts);
                else if (!tensors.TryAdd(entry.Name, ReadTensor(file, dataOffset, entry)))
                    throw new ModelFileCorruptException(file.Path, $"the tensor '{entry.Name}' appears twice");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new ModelFileCorruptException(file.Path, $"its header is not what a safetensors file has: {e.Message}");
        }
        ShardHeader.CheckOverlap(file, tensors.Values);
        CheckLength(file, tensors.Values);
        return new ShardHeader(file, "safetensors", new TextMetadata(file.Path, texts), tensors, dataOffset);
    }

    private static ulong HeaderLength(MappedFile file) => BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, LengthBytes));

    private static void ReadTexts(JsonElement entries, Dictionary<string, string> texts)
    {
        foreach (JsonProperty entry in entries.EnumerateObject())
            texts[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : entry.Value.GetRawText();
    }

    private static CheckpointTensor ReadTensor(MappedFile file, long dataOffset, JsonProperty entry)
    {
        ModelFileCorruptException Wrong(string how) => new(file.Path, $"the tensor '{entry.Name}' {how}");

        string typeName = entry.Value.GetProperty("dtype").GetString() ?? throw Wrong("has no type");
        StoredType type = s_types.GetValueOrDefault(typeName) ?? StoredType.Unknown(typeName);
        long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        if (shape.Length > MostAxes)
            throw Wrong($"has {shape.Length} axes, and {MostAxes} are the most");
        long elements = 1;
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(elements, size, out elements) != 0 || elements is < 0 or > long.MaxValue / sizeof(double))
                throw Wrong($"has the shape {TensorShape.Format(shape)}");
        }

        JsonElement offsets = entry.Value.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2)
            throw Wrong("has no start and end");
        (long start, long end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
        if (start < 0 || end < start || end > long.MaxValue - dataOffset)
            throw Wrong($"lies at bytes {start} to {end}");
        if (type.IsKnown && end - start != elements * type.BlockBytes)
            throw Wrong($"has {end - start} bytes where {TensorShape.Format(shape)} of {type} takes {elements * type.BlockBytes}");

        // No type takes less than a bit.
        if (!type.IsKnown && elements / 8 > end - start)
            throw Wrong($"has {elements} elements in {end - start} bytes");

        Array.Reverse(shape);
        return new CheckpointTensor(entry.Name, type, TensorShape.WithoutTrailingOnes(shape.Length == 0 ? [1] : shape), file, dataOffset + start, end - start);
    }

    private static void CheckLength(MappedFile file, IEnumerable<CheckpointTensor> tensors)
    {
        CheckpointTensor? last = tensors.MaxBy(tensor => tensor.Offset + tensor.Bytes);
        if (last is null || last.Offset + last.Bytes <= file.Length)
            return;
        long needed = last.Offset + last.Bytes;
        CheckpointTensor first = tensors.Where(tensor => tensor.Offset + tensor.Bytes > file.Length).MinBy(tensor => tensor.Offset)!;
        throw new ModelFileTruncatedException(file.Path, file.Length, needed,
            $"it has {file.Length} bytes and needs {needed} (the tensor '{first.Name}' is the first without all its data)");
    }
}
