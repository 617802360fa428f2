using System.Buffers.Binary;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>A part of a PNG file.</summary>
/// <param name="Type">Four letters, for example <c>IHDR</c>.</param>
/// <param name="Start">Where its length field starts.</param>
/// <param name="Data">Its contents.</param>
/// <param name="Checked">The bytes under its checksum: type and contents.</param>
/// <param name="Crc">The checksum.</param>
internal readonly record struct PngChunk(string Type, int Start, ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Checked, uint Crc)
{
    /// <summary>Whether the checksum is right.</summary>
    public bool IsIntact => Crc == Crc32.Compute(Checked.Span);
}

/// <summary>Takes a PNG file apart into chunks, and adds some. Source: PNG specification, third edition, section 5.</summary>
internal static class PngChunks
{
    private const int LengthBytes = 4;
    private const int TypeBytes = 4;
    private const int CrcBytes = 4;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The chunks up to <c>IEND</c>, or up to the first that does not lie inside the file.</summary>
    public static IEnumerable<PngChunk> Read(ReadOnlyMemory<byte> file)
    {
        if (!file.Span.StartsWith(Signature))
            yield break;
        int at = Signature.Length;
        while (file.Length - at >= LengthBytes + TypeBytes + CrcBytes)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.Span[at..]);
            if (length > file.Length - at - (LengthBytes + TypeBytes + CrcBytes))
                yield break;
            ReadOnlyMemory<byte> typeAndData = file.Slice(at + LengthBytes, TypeBytes + (int)length);
            string type = Encoding.Latin1.GetString(typeAndData.Span[..TypeBytes]);
            uint crc = BinaryPrimitives.ReadUInt32BigEndian(file.Span[(at + LengthBytes + typeAndData.Length)..]);
            yield return new PngChunk(type, at, typeAndData[TypeBytes..], typeAndData, crc);
            if (type == "IEND")
                yield break;
            at += LengthBytes + typeAndData.Length + CrcBytes;
        }
    }

    /// <summary>The file with chunks added before the first image data, where every reader meets them early.</summary>
    public static byte[] InsertBeforeImageData(byte[] file, IEnumerable<byte[]> chunks)
    {
        int at = Read(file).First(chunk => chunk.Type == "IDAT").Start;
        return [.. file.AsSpan(0, at), .. chunks.SelectMany(chunk => chunk), .. file.AsSpan(at)];
    }

    /// <summary>A whole chunk: length, type, data and checksum.</summary>
    public static byte[] Make(string type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[LengthBytes + TypeBytes + data.Length + CrcBytes];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.Latin1.GetBytes(type, chunk.AsSpan(LengthBytes, TypeBytes));
        data.CopyTo(chunk.AsSpan(LengthBytes + TypeBytes));
        uint crc = Crc32.Compute(chunk.AsSpan(LengthBytes, TypeBytes + data.Length));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - CrcBytes), crc);
        return chunk;
    }
}
