using System.Text;

namespace ZImage.Engine.Checkpoints;

/// <summary>Writes GGUF files, version 3: metadata, tensor descriptions, and the tensors' bytes at 32-byte boundaries.</summary>
public sealed class GgufWriter
{
    /// <summary>The boundary on which every tensor starts.</summary>
    public const int Alignment = 32;

    private const uint Magic = 0x46554747;
    private const uint Version = 3;
    private readonly List<(string Key, object Value)> _metadata = [];
    private readonly List<(string Name, int Type, long[] Shape, long Bytes, ReadOnlyMemory<byte> Data)> _tensors = [];

    // The numbers of the value types in the file.
    private enum ValueType
    {
        UInt8,
        Int8,
        UInt16,
        Int16,
        UInt32,
        Int32,
        Float32,
        Bool,
        String,
        Array,
        UInt64,
        Int64,
        Float64,
    }

    /// <summary>
    /// Adds a metadata value: a number, a bool, a string, or a one-dimensional array of one of these. Its .NET type decides the
    /// type in the file.
    /// </summary>
    public void AddMetadata(string key, object value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        _ = TypeOf(value is Array array ? array.GetType().GetElementType()! : value.GetType());
        if (_metadata.Exists(m => m.Key == key))
        {
            throw new ArgumentException($"The metadata already holds '{key}'.", nameof(key));
        }

        _metadata.Add((key, value));
    }

    /// <summary>Adds a tensor: its ggml type number, its ggml shape (fastest dimension first), and its bytes in that type.</summary>
    public void AddTensor(string name, int type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data) => Add(name, type, shape, data.Length, data);

    /// <summary>Adds a tensor whose bytes are put behind the header by others, as many as are given here: only <see cref="WriteHeader"/> goes with it.</summary>
    public void AddTensor(string name, int type, IReadOnlyList<long> shape, long bytes) => Add(name, type, shape, bytes, default);

    /// <summary>Bytes of the tensors, each at its boundary.</summary>
    public long DataLength => _tensors.Sum(tensor => (long)Aligned((ulong)tensor.Bytes));

    private void Add(string name, int type, IReadOnlyList<long> shape, long bytes, ReadOnlyMemory<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count is < 1 or > 4)
        {
            throw new ArgumentException($"Tensor '{name}' has {shape.Count} dimensions; 1 to 4 can be stored.", nameof(shape));
        }

        if (_tensors.Exists(t => t.Name == name))
        {
            throw new ArgumentException($"There already is a tensor '{name}'.", nameof(name));
        }

        _tensors.Add((name, type, [.. shape], bytes, data));
    }

    /// <summary>Writes everything added so far to a file. A file that is there is replaced at once, whoever still reads it.</summary>
    public void Write(string path)
    {
        var unfinished = path + ".new";
        using (var file = File.Create(unfinished))
        {
            Write(file);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Writes everything added so far to a stream.</summary>
    public void Write(Stream stream)
    {
        WriteHeader(stream);
        foreach (var (name, _, _, bytes, data) in _tensors)
        {
            if (data.Length != bytes)
            {
                throw new InvalidOperationException($"The bytes of the tensor '{name}' were not given.");
            }

            stream.Write(data.Span);
            Pad(stream, (ulong)data.Length);
        }
    }

    /// <summary>Writes all that stands before the tensors' bytes, up to the boundary on which the first starts.</summary>
    public void WriteHeader(Stream stream)
    {
        var header = new MemoryStream();
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Version);
            writer.Write((ulong)_tensors.Count);
            writer.Write((ulong)_metadata.Count);
            foreach (var (key, value) in _metadata)
            {
                WriteString(writer, key);
                WriteValue(writer, value);
            }

            ulong offset = 0;
            foreach (var (name, type, shape, bytes, _) in _tensors)
            {
                WriteString(writer, name);
                writer.Write((uint)shape.Length);
                foreach (var length in shape)
                {
                    writer.Write((ulong)length);
                }

                writer.Write((uint)type);
                writer.Write(offset);
                offset = Aligned(offset + (ulong)bytes);
            }
        }

        header.WriteTo(stream);
        Pad(stream, (ulong)header.Length);
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        if (value is not Array array)
        {
            writer.Write((uint)TypeOf(value.GetType()));
            WriteScalar(writer, value);
            return;
        }

        writer.Write((uint)ValueType.Array);
        writer.Write((uint)TypeOf(array.GetType().GetElementType()!));
        writer.Write((ulong)array.Length);
        foreach (var item in array)
        {
            WriteScalar(writer, item);
        }
    }

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write((byte)(v ? 1 : 0)); break;
            case string v: WriteString(writer, v); break;
            case ulong v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            default: throw new ArgumentException($"GGUF metadata cannot hold a {value.GetType()}.", nameof(value));
        }
    }

    private static ValueType TypeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => ValueType.UInt8,
        TypeCode.SByte => ValueType.Int8,
        TypeCode.UInt16 => ValueType.UInt16,
        TypeCode.Int16 => ValueType.Int16,
        TypeCode.UInt32 => ValueType.UInt32,
        TypeCode.Int32 => ValueType.Int32,
        TypeCode.Single => ValueType.Float32,
        TypeCode.Boolean => ValueType.Bool,
        TypeCode.String => ValueType.String,
        TypeCode.UInt64 => ValueType.UInt64,
        TypeCode.Int64 => ValueType.Int64,
        TypeCode.Double => ValueType.Float64,
        _ => throw new ArgumentException($"GGUF metadata cannot hold a {type}.", nameof(type)),
    };

    private static void WriteString(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static ulong Aligned(ulong length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream, ulong written)
    {
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        stream.Write(zeros[..(int)(Aligned(written) - written)]);
    }
}
