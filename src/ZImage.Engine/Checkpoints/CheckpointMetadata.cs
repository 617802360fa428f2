using System.Buffers.Binary;
using System.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The key/value section of a model file. A value is decoded when it is asked for, each time anew. A missing key gives null;
/// a value of another kind, or one that does not fit, is a <see cref="ModelFileCorruptException"/>. Integers of any width are
/// read as the wanted one when they fit.
/// </summary>
public sealed class CheckpointMetadata
{
    // A vocabulary has a quarter of a million entries at most; a larger array is not worth the memory it would take.
    private const long MostElements = 1 << 24;

    private readonly MappedFile _file;
    private readonly IReadOnlyDictionary<string, GgufValue> _values;

    internal CheckpointMetadata(MappedFile file, IReadOnlyDictionary<string, GgufValue> values)
    {
        _file = file;
        _values = values;
    }

    public IEnumerable<string> Keys => _values.Keys;

    public int Count => _values.Count;

    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>Number of elements of an array, without decoding it; null when the key is missing or no array.</summary>
    public long? GetArrayLength(string key) => _values.TryGetValue(key, out GgufValue value) && value.IsArray ? value.Count : null;

    public string? GetString(string key)
        => Scalar(key) is not { } value ? null
            : value.Kind == GgufValueKind.String ? new GgufCursor(_file, value.Offset).ReadString(key)
            : throw WrongKind(key, value, "a string");

    public bool? GetBoolean(string key)
        => Scalar(key) is not { } value ? null
            : value.Kind == GgufValueKind.Bool ? _file.Span(value.Offset, 1)[0] != 0
            : throw WrongKind(key, value, "true or false");

    public int? GetInt32(string key) => Scalar(key) is { } value ? Integer<int>(key, value, 0) : null;

    public long? GetInt64(string key) => Scalar(key) is { } value ? Integer<long>(key, value, 0) : null;

    public ulong? GetUInt64(string key) => Scalar(key) is { } value ? Integer<ulong>(key, value, 0) : null;

    public float? GetSingle(string key) => (float?)GetDouble(key);

    /// <summary>A floating-point value; integers are converted.</summary>
    public double? GetDouble(string key) => Scalar(key) is { } value ? Number(key, value, 0) : null;

    public string[]? GetStrings(string key)
    {
        if (Array(key) is not { } value)
            return null;
        if (value.Kind != GgufValueKind.String)
            throw WrongKind(key, value, "an array of strings");
        var cursor = new GgufCursor(_file, value.Offset);
        string[] strings = new string[value.Count];
        for (int i = 0; i < strings.Length; i++)
            strings[i] = cursor.ReadString(key);
        return strings;
    }

    public int[]? GetInt32s(string key) => Elements(key, Integer<int>);

    public float[]? GetSingles(string key) => Elements(key, (name, value, index) => (float)Number(name, value, index));

    private delegate T Decode<T>(string key, GgufValue value, int index);

    private T[]? Elements<T>(string key, Decode<T> decode)
    {
        if (Array(key) is not { } value)
            return null;
        var elements = new T[value.Count];
        for (int i = 0; i < elements.Length; i++)
            elements[i] = decode(key, value, i);
        return elements;
    }

    private GgufValue? Scalar(string key)
        => !_values.TryGetValue(key, out GgufValue value) ? null
            : !value.IsArray ? value
            : throw WrongKind(key, value, "a single value");

    private GgufValue? Array(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        if (!value.IsArray)
            throw WrongKind(key, value, "an array");
        if (value.Count > MostElements)
            throw new ModelFileCorruptException(_file.Path, $"its metadata '{key}' has {value.Count} elements");
        return value;
    }

    private T Integer<T>(string key, GgufValue value, int index) where T : System.Numerics.IBinaryInteger<T>
    {
        ReadOnlySpan<byte> bytes = _file.Span(value.Offset + (long)index * value.Kind.FixedBytes(), value.Kind.FixedBytes());
        try
        {
            return value.Kind switch
            {
                GgufValueKind.UInt8 => T.CreateChecked(bytes[0]),
                GgufValueKind.Int8 => T.CreateChecked((sbyte)bytes[0]),
                GgufValueKind.UInt16 => T.CreateChecked(BinaryPrimitives.ReadUInt16LittleEndian(bytes)),
                GgufValueKind.Int16 => T.CreateChecked(BinaryPrimitives.ReadInt16LittleEndian(bytes)),
                GgufValueKind.UInt32 => T.CreateChecked(BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
                GgufValueKind.Int32 => T.CreateChecked(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
                GgufValueKind.UInt64 => T.CreateChecked(BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
                GgufValueKind.Int64 => T.CreateChecked(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
                _ => throw WrongKind(key, value, "an integer"),
            };
        }
        catch (OverflowException)
        {
            throw new ModelFileCorruptException(_file.Path, $"its metadata '{key}' is out of the range of {typeof(T).Name}");
        }
    }

    private double Number(string key, GgufValue value, int index)
    {
        ReadOnlySpan<byte> bytes = _file.Span(value.Offset + (long)index * value.Kind.FixedBytes(), value.Kind.FixedBytes());
        return value.Kind switch
        {
            GgufValueKind.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            GgufValueKind.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            GgufValueKind.UInt64 => Integer<ulong>(key, value, index),
            GgufValueKind.Bool or GgufValueKind.String or GgufValueKind.Array => throw WrongKind(key, value, "a number"),
            _ => Integer<long>(key, value, index),
        };
    }

    private ModelFileCorruptException WrongKind(string key, GgufValue value, string wanted)
        => new(_file.Path, $"its metadata '{key}' is {(value.IsArray ? "an array of " : "")}{value.Kind} where {wanted} is expected");
}
