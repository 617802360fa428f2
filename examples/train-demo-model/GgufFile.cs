using System.Text;
using ZImage.Engine.Checkpoints;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Reads the files that this program writes: all tensors as floats, and the metadata.</summary>
public sealed class GgufFile
{
    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];

    /// <summary>Reads a whole file.</summary>
    public GgufFile(string path)
    {
        var bytes = File.ReadAllBytes(path);
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        if (reader.ReadUInt32() != 0x46554747 || reader.ReadUInt32() != 3)
        {
            throw new InvalidDataException($"{path} is not a GGUF file of version 3.");
        }

        var tensorCount = reader.ReadUInt64();
        var metadataCount = reader.ReadUInt64();
        for (ulong i = 0; i < metadataCount; i++)
        {
            var key = ReadString(reader);
            Metadata[key] = ReadValue(reader, reader.ReadUInt32());
        }

        var tensors = new List<(string Name, long[] Shape, int Type, ulong Offset)>();
        for (ulong i = 0; i < tensorCount; i++)
        {
            var name = ReadString(reader);
            var shape = new long[reader.ReadUInt32()];
            for (var d = 0; d < shape.Length; d++)
            {
                shape[d] = reader.ReadInt64();
            }

            tensors.Add((name, shape, reader.ReadInt32(), reader.ReadUInt64()));
        }

        var start = (reader.BaseStream.Position + 31) / 32 * 32;
        foreach (var (name, shape, type, offset) in tensors)
        {
            var count = shape.Aggregate(1L, (a, b) => a * b);
            var length = type switch
            {
                TensorEncoding.TypeF32 => count * 4,
                TensorEncoding.TypeQ8_0 => count / 32 * 34,
                _ => count * 2,
            };
            Names.Add(name);
            _tensors[name] = (shape, TensorEncoding.Decode(type, bytes.AsSpan((int)(start + (long)offset), (int)length)));
        }
    }

    /// <summary>The names of the tensors in the order of the file.</summary>
    public List<string> Names { get; } = [];

    /// <summary>The metadata by key.</summary>
    public Dictionary<string, object> Metadata { get; } = [];

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The values of a tensor.</summary>
    public float[] Values(string name) => _tensors[name].Values;

    /// <summary>A tensor in torch's order of dimensions.</summary>
    public Tensor Tensor(string name) => tensor(_tensors[name].Values, [.. _tensors[name].Shape.Reverse()]);

    private static string ReadString(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));

    private static object ReadValue(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 0: return reader.ReadByte();
            case 1: return reader.ReadSByte();
            case 2: return reader.ReadUInt16();
            case 3: return reader.ReadInt16();
            case 4: return reader.ReadUInt32();
            case 5: return reader.ReadInt32();
            case 6: return reader.ReadSingle();
            case 7: return reader.ReadByte() != 0;
            case 8: return ReadString(reader);
            case 9:
                var itemType = reader.ReadUInt32();
                var items = new object[reader.ReadUInt64()];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = ReadValue(reader, itemType);
                }

                return items;
            case 10: return reader.ReadUInt64();
            case 11: return reader.ReadInt64();
            case 12: return reader.ReadDouble();
            default: throw new InvalidDataException($"GGUF value type {type} does not exist.");
        }
    }
}
