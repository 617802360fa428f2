using System.Text;

namespace ZImage.Tests.Checkpoints;

/// <summary>Bytes of a GGUF file set down one by one, right or wrong.</summary>
internal sealed class RawGguf
{
    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;

    public RawGguf(ulong tensors, ulong keys, uint version = 3)
    {
        _writer = new BinaryWriter(_bytes);
        _writer.Write("GGUF"u8);
        _writer.Write(version);
        _writer.Write(tensors);
        _writer.Write(keys);
    }

    public byte[] Bytes => _bytes.ToArray();

    public RawGguf UInt32(uint value)
    {
        _writer.Write(value);
        return this;
    }

    public RawGguf UInt64(ulong value)
    {
        _writer.Write(value);
        return this;
    }

    public RawGguf String(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        _writer.Write((ulong)utf8.Length);
        _writer.Write(utf8);
        return this;
    }

    public RawGguf Tensor(string name, ulong[] shape, uint type, ulong offset)
    {
        String(name).UInt32((uint)shape.Length);
        foreach (ulong size in shape)
            UInt64(size);
        return UInt32(type).UInt64(offset);
    }

    /// <summary>Zeros up to a boundary, and then some.</summary>
    public RawGguf Data(int bytes, int alignment = 32)
    {
        _writer.Write(new byte[(int)(-_bytes.Length & (alignment - 1)) + bytes]);
        return this;
    }
}
