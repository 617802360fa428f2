using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>The key/value section of a GGUF file. A value is decoded when it is asked for, each time anew.</summary>
internal sealed class GgufMetadata(MappedFile file, IReadOnlyDictionary<string, GgufValue> values) : CheckpointMetadata
{
    // A vocabulary has a quarter of a million entries at most; a larger array is not worth the memory it would take.
    private const long MostElements = 1 << 24;

    public override IEnumerable<string> Keys => values.Keys;

    public override long? GetArrayLength(string key) => values.TryGetValue(key, out GgufValue value) && value.IsArray ? value.Count : null;

    public override string? GetString(string key)
        => Scalar(key) is not { } value ? null
            : value.Kind == GgufValueKind.String ? new GgufCursor(file, value.Offset).ReadString(key)
            : throw WrongKind(key, value, "a string");

    public override bool? GetBoolean(string key)
        => Scalar(key) is not { } value ? null
            : value.Kind == GgufValueKind.Bool ? file.Span(value.Offset, 1)[0] != 0
            : throw WrongKind(key, value, "true or false");

    public override int? GetInt32(string key) => Scalar(key) is { } value ? Integer<int>(key, value, 0) : null;

    public override long? GetInt64(string key) => Scalar(key) is { } value ? Integer<long>(key, value, 0) : null;

    public override ulong? GetUInt64(string key) => Scalar(key) is { } value ? Integer<ulong>(key, value, 0) : null;

    public override double? GetDouble(string key) => Scalar(key) is { } value ? Number(key, value, 0) : null;

    public override string[]? GetStrings(string key)
    {
        if (Array(key) is not { } value)
            return null;
        if (value.Kind != GgufValueKind.String)
            throw WrongKind(key, value, "an array of strings");
        string[] strings = new string[value.Count];
        new GgufCursor(file, value.Offset).ReadStrings(strings, key);
        return strings;
    }

    public override int[]? GetInt32s(string key) => Array(key) is { Kind: GgufValueKind.Int32 } value && BitConverter.IsLittleEndian
        ? MemoryMarshal.Cast<byte, int>(file.Span(value.Offset, checked((int)value.Count * sizeof(int)))).ToArray()
        : Elements(key, Integer<int>);

    public override float[]? GetSingles(string key) => Elements(key, (name, value, index) => (float)Number(name, value, index));

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
        => !values.TryGetValue(key, out GgufValue value) ? null
            : !value.IsArray ? value
            : throw WrongKind(key, value, "a single value");

    private GgufValue? Array(string key)
    {
        if (!values.TryGetValue(key, out GgufValue value))
            return null;
        if (!value.IsArray)
            throw WrongKind(key, value, "an array");
        if (value.Count > MostElements)
            throw new ModelFileCorruptException(file.Path, $"its metadata '{key}' has {value.Count} elements");
        return value;
    }

    private T Integer<T>(string key, GgufValue value, int index) where T : System.Numerics.IBinaryInteger<T>
    {
        ReadOnlySpan<byte> bytes = file.Span(value.Offset + (long)index * value.Kind.FixedBytes(), value.Kind.FixedBytes());
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
            throw new ModelFileCorruptException(file.Path, $"its metadata '{key}' is out of the range of {typeof(T).Name}");
        }
    }

    private double Number(string key, GgufValue value, int index)
    {
        ReadOnlySpan<byte> bytes = file.Span(value.Offset + (long)index * value.Kind.FixedBytes(), value.Kind.FixedBytes());
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
        => new(file.Path, $"its metadata '{key}' is {(value.IsArray ? "an array of " : "")}{value.Kind} where {wanted} is expected");
}
