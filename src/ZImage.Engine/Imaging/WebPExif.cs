using System.Buffers.Binary;

namespace ZImage.Engine.Imaging;

/// <summary>The EXIF block of a WebP file: a chunk of its extended form. Source: RFC 9649, section 2.</summary>
internal static class WebPExif
{
    private const int RiffHeaderBytes = 12;
    private const int ChunkHeaderBytes = 8;
    private const int ExtendedBytes = 10;
    private const byte ExifFlag = 0x08;

    /// <summary>The file in extended form with a TIFF block at its end.</summary>
    /// <param name="webp">A still image without EXIF block, in simple or extended form.</param>
    /// <param name="tiff">The block.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    public static byte[] Append(byte[] webp, byte[] tiff, int width, int height)
    {
        byte[] extended = new byte[ExtendedBytes];
        ReadOnlySpan<byte> chunks = webp.AsSpan(RiffHeaderBytes);
        if (chunks.StartsWith("VP8X"u8))
        {
            chunks.Slice(ChunkHeaderBytes, ExtendedBytes).CopyTo(extended);
            chunks = chunks[(ChunkHeaderBytes + ExtendedBytes)..];
        }
        else
        {
            WriteUInt24(extended.AsSpan(4), width - 1);
            WriteUInt24(extended.AsSpan(7), height - 1);
        }
        extended[0] |= ExifFlag;

        byte[] body = [.. "WEBP"u8, .. Chunk("VP8X"u8, extended), .. chunks, .. Chunk("EXIF"u8, tiff)];
        return Chunk("RIFF"u8, body);
    }

    /// <summary>The TIFF block among the chunks of a file; null when there is none.</summary>
    public static ReadOnlyMemory<byte>? Find(IEnumerable<WebPChunk> chunks)
    {
        foreach (WebPChunk chunk in chunks)
        {
            // Some writers put JPEG's identifier before the block.
            if (chunk.Type == "EXIF")
                return chunk.Data.Span.StartsWith("Exif\0\0"u8) ? chunk.Data[6..] : chunk.Data;
        }
        return null;
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        // Chunks have even lengths; the byte that fills one up is not counted.
        var chunk = new byte[ChunkHeaderBytes + data.Length + (data.Length & 1)];
        type.CopyTo(chunk);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), data.Length);
        data.CopyTo(chunk.AsSpan(ChunkHeaderBytes));
        return chunk;
    }

    private static void WriteUInt24(Span<byte> at, int value)
    {
        at[0] = (byte)value;
        at[1] = (byte)(value >> 8);
        at[2] = (byte)(value >> 16);
    }
}
