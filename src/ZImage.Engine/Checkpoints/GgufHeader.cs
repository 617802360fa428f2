using System.Numerics;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The header of a GGUF file, version 2 or 3, little-endian: metadata keys with the places of their values, and tensors with
/// the places of their data. Source: the GGUF description in ggml's documentation.
/// </summary>
internal sealed class GgufHeader
{
    private const uint DefaultAlignment = 32;
    private const ulong LargestKeyCount = 1 << 20;
    private const ulong LargestTensorCount = 1 << 20;
    private const ulong LongestName = ushort.MaxValue;
    private const int DeepestArray = 4;
    private const int MostAxes = 4;

    private readonly MappedFile _file;
    private readonly GgufCursor _cursor;
    private readonly uint _version;
    private readonly Dictionary<string, GgufValue> _metadata;

    // Behind the end of the file only when there are no tensors.
    private readonly long _dataOffset;
    private readonly OrderedDictionary<string, CheckpointTensor> _tensors;

    private GgufHeader(MappedFile file)
    {
        _file = file;
        _cursor = new GgufCursor(file);
        _cursor.Skip(Magic.Length, "the magic");
        _version = ReadVersion();
        // A tensor takes at least name length, axis count, type and offset; a key its length, kind and one byte.
        long tensorCount = _cursor.ReadCount(24, "the number of tensors", LargestTensorCount);
        long keyCount = _cursor.ReadCount(13, "the number of metadata keys", LargestKeyCount);

        _metadata = new Dictionary<string, GgufValue>((int)keyCount);
        for (long i = 0; i < keyCount; i++)
            ReadKey();

        uint alignment = ReadAlignment();
        var stored = new List<StoredTensor>((int)tensorCount);
        for (long i = 0; i < tensorCount; i++)
            stored.Add(ReadTensor());

        long padding = -_cursor.Position & (alignment - 1);
        _dataOffset = _cursor.Position + padding;
        _tensors = Place(stored, alignment);
    }

    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    public static bool IsGguf(MappedFile file) => file.Length >= Magic.Length && file.Span(0, Magic.Length).SequenceEqual(Magic);

    public static ShardHeader Read(MappedFile file)
    {
        var header = new GgufHeader(file);
        return new ShardHeader(file, $"GGUF v{header._version}", new GgufMetadata(file, header._metadata), header._tensors, header._dataOffset);
    }

    private uint ReadVersion()
    {
        uint version = _cursor.ReadUInt32("the version");
        if (version is 2 or 3)
            return version;
        if (version != 0 && (version & 0xFFFF) == 0)
            throw new ModelFormatUnsupportedException(_file.Path, "it is a big-endian GGUF file");
        throw new ModelFormatUnsupportedException(_file.Path, $"it is a GGUF file of version {version}");
    }

    private void ReadKey()
    {
        string key = _cursor.ReadString("a metadata key", LongestName);
        if (!_metadata.TryAdd(key, ReadValue($"the value of '{key}'")))
            throw new ModelFileCorruptException(_file.Path, $"the metadata key '{key}' appears twice");
    }

    private GgufValue ReadValue(string what)
    {
        GgufValueKind kind = ReadKind(what);
        if (kind != GgufValueKind.Array)
        {
            long start = _cursor.Position;
            SkipItems(kind, 1, what, depth: 0);
            return new GgufValue(kind, IsArray: false, start, 1);
        }

        GgufValueKind element = ReadKind(what);
        long count = _cursor.ReadCount(LeastBytes(element), what);
        long first = _cursor.Position;
        SkipItems(element, count, what, depth: 1);
        return new GgufValue(element, IsArray: true, first, count);
    }

    private GgufValueKind ReadKind(string what)
    {
        uint kind = _cursor.ReadUInt32(what);
        if (kind > (uint)GgufValueKind.Float64)
            throw new ModelFileCorruptException(_file.Path, $"{what} is of the unknown kind {kind}");
        return (GgufValueKind)kind;
    }

    // An element of an array of arrays has a kind and a count, a string has a length.
    private static int LeastBytes(GgufValueKind kind) => kind switch
    {
        GgufValueKind.Array => 12,
        GgufValueKind.String => 8,
        _ => kind.FixedBytes(),
    };

    private void SkipItems(GgufValueKind kind, long count, string what, int depth)
    {
        if (kind == GgufValueKind.String)
        {
            _cursor.SkipStrings(count, what);
        }
        else if (kind == GgufValueKind.Array)
        {
            if (depth == DeepestArray)
                throw new ModelFileCorruptException(_file.Path, $"{what} nests arrays more than {DeepestArray} deep");
            for (long i = 0; i < count; i++)
            {
                GgufValueKind element = ReadKind(what);
                SkipItems(element, _cursor.ReadCount(LeastBytes(element), what), what, depth + 1);
            }
        }
        else
        {
            _cursor.Skip(count * kind.FixedBytes(), what);
        }
    }

    private uint ReadAlignment()
    {
        const string Key = "general.alignment";
        long alignment = new GgufMetadata(_file, _metadata).GetInt64(Key) ?? DefaultAlignment;
        if (alignment is <= 0 or > uint.MaxValue || !BitOperations.IsPow2(alignment))
            throw new ModelFileCorruptException(_file.Path, $"its {Key} is {alignment}, which is not a power of two");
        return (uint)alignment;
    }

    private readonly record struct StoredTensor(string Name, GgmlType Type, long[] Shape, ulong Offset, long Bytes);

    private StoredTensor ReadTensor()
    {
        string name = _cursor.ReadString("a tensor name", LongestName);
        string what = $"the description of the tensor '{name}'";
        uint axes = _cursor.ReadUInt32(what);
        if (axes > MostAxes)
            throw new ModelFileCorruptException(_file.Path, $"the tensor '{name}' has {axes} axes, and {MostAxes} are the most");

        Span<long> shape = [1, 1, 1, 1];
        long elements = 1;
        for (int axis = 0; axis < axes; axis++)
        {
            ulong size = _cursor.ReadUInt64(what);
            if (size is 0 or > long.MaxValue || Math.BigMul(elements, (long)size, out elements) != 0 || elements < 0)
                throw new ModelFileCorruptException(_file.Path, $"the tensor '{name}' has the size {size} along axis {axis}");
            shape[axis] = (long)size;
        }

        var type = (GgmlType)(int)_cursor.ReadUInt32(what);
        ulong offset = _cursor.ReadUInt64(what);
        return new StoredTensor(name, type, TensorShape.WithoutTrailingOnes(shape), offset, ByteSize(name, type, shape[0], elements));
    }

    private long ByteSize(string name, GgmlType type, long rowElements, long elements)
    {
        if (!GgmlTypes.IsKnown(type))
        {
            // No type takes less than a bit.
            return elements / 8 <= _file.Length ? 0 : throw new ModelFileCorruptException(_file.Path, $"the tensor '{name}' has {elements} elements");
        }
        if (rowElements % type.BlockSize() != 0)
        {
            throw new ModelFileCorruptException(_file.Path,
                $"the tensor '{name}' has rows of {rowElements} elements, which are not whole blocks of {type.BlockSize()} ({type})");
        }
        long blocks = elements / type.BlockSize();
        if (blocks > long.MaxValue / type.BlockBytes())
            throw new ModelFileCorruptException(_file.Path, $"the tensor '{name}' has {elements} elements");
        return blocks * type.BlockBytes();
    }

    private OrderedDictionary<string, CheckpointTensor> Place(List<StoredTensor> stored, uint alignment)
    {
        var placed = new OrderedDictionary<string, CheckpointTensor>(stored.Count);
        StoredTensor? beyond = null;
        long needed = stored.Count > 0 ? _dataOffset : _file.Length;
        foreach (StoredTensor tensor in stored)
        {
            if (tensor.Offset > (ulong)(long.MaxValue - _dataOffset) || tensor.Bytes > long.MaxValue - _dataOffset - (long)tensor.Offset)
                throw Misplaced(tensor, $"with {tensor.Bytes} bytes");
            if (tensor.Offset % alignment != 0)
                throw Misplaced(tensor, $"which is not a multiple of {alignment}");

            long offset = _dataOffset + (long)tensor.Offset;
            if (offset + tensor.Bytes > _file.Length)
                beyond ??= tensor;
            needed = Math.Max(needed, offset + tensor.Bytes);
            if (!placed.TryAdd(tensor.Name, new CheckpointTensor(tensor.Name, tensor.Type, tensor.Shape, _file, offset, tensor.Bytes)))
                throw new ModelFileCorruptException(_file.Path, $"the tensor '{tensor.Name}' appears twice");
        }

        ShardHeader.CheckOverlap(_file, placed.Values);
        if (needed > _file.Length)
        {
            string lost = beyond is { } first ? $"the tensor '{first.Name}' is the first without all its data" : "its tensor data is missing";
            throw new ModelFileTruncatedException(_file.Path, _file.Length, needed, $"it has {_file.Length} bytes and needs {needed} ({lost})");
        }
        return placed;
    }

    private ModelFileCorruptException Misplaced(StoredTensor tensor, string how)
        => new(_file.Path, $"the tensor '{tensor.Name}' lies at offset {tensor.Offset}, {how}");
}
