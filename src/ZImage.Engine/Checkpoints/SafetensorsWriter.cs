using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ZImage.Engine.Checkpoints;

/// <summary>Writes safetensors files, single or in shards with an index. Source: the safetensors format description.</summary>
public sealed class SafetensorsWriter
{
    // The header is filled up with spaces, so that the data starts at a multiple of it.
    private const int DataAlignment = 8;

    private readonly Dictionary<string, string> _metadata = [];
    private readonly OrderedDictionary<string, (string Type, long[] Shape, ReadOnlyMemory<byte> Data)> _tensors = [];

    /// <summary>Adds a text under <c>__metadata__</c>.</summary>
    public void AddMetadata(string key, string text) => _metadata.Add(key, text);

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name, once a file.</param>
    /// <param name="type">The format's name of the type, for example <c>F32</c>, <c>BF16</c>, <c>F8_E4M3</c>.</param>
    /// <param name="shape">Sizes in ggml's order, fastest axis first, as <see cref="GgufWriter"/> takes them; none for a single value.</param>
    /// <param name="data">Its bytes.</param>
    public void AddTensor(string name, string type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _tensors.Add(name, (type, [.. shape.Reverse()], data));
    }

    /// <summary>Writes everything into one file.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="padding">Spaces to add to the header: with an odd number, tensors start at odd bytes.</param>
    public void Write(string path, int padding = 0) => Write(path, _tensors.Keys, padding);

    /// <summary>Writes <c>name-00001-of-0000N.safetensors</c> and so on, with <c>name.safetensors.index.json</c> beside them.</summary>
    /// <param name="folder">Where to write.</param>
    /// <param name="name">The beginning of the file names.</param>
    /// <param name="count">Number of shards; the tensors go around, as no order is promised.</param>
    /// <returns>Full path of the index.</returns>
    public string WriteShards(string folder, string name, int count)
    {
        var places = new Dictionary<string, string>();
        for (int shard = 0; shard < count; shard++)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"{name}-{shard + 1:00000}-of-{count:00000}.safetensors");
            string[] names = [.. _tensors.Keys.Where((_, i) => i % count == shard)];
            Write(Path.Combine(folder, file), names, padding: 0);
            foreach (string tensor in names)
                places.Add(tensor, file);
        }
        string index = Path.GetFullPath(Path.Combine(folder, name + ".safetensors.index.json"));
        File.WriteAllBytes(index, JsonSerializer.SerializeToUtf8Bytes(new
        {
            metadata = new { total_size = _tensors.Values.Sum(tensor => (long)tensor.Data.Length) },
            weight_map = places,
        }));
        return index;
    }

    private void Write(string path, IReadOnlyCollection<string> names, int padding)
    {
        byte[] header = Header(names);
        int spaces = -header.Length & (DataAlignment - 1);
        using FileStream file = File.Create(path);
        using var writer = new BinaryWriter(file);
        writer.Write((long)header.Length + spaces + padding);
        writer.Write(header);
        writer.Write(Encoding.ASCII.GetBytes(new string(' ', spaces + padding)));
        foreach (string name in names)
            writer.Write(_tensors[name].Data.Span);
    }

    private byte[] Header(IReadOnlyCollection<string> names)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WritePropertyName("__metadata__");
                JsonSerializer.Serialize(json, _metadata);
            }
            long offset = 0;
            foreach (string name in names)
            {
                (string type, long[] shape, ReadOnlyMemory<byte> data) = _tensors[name];
                json.WritePropertyName(name);
                JsonSerializer.Serialize(json, new { dtype = type, shape, data_offsets = (long[])[offset, offset + data.Length] });
                offset += data.Length;
            }
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
