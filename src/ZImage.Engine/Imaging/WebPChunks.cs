using System.Buffers.Binary;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>A part of a WebP file.</summary>
/// <param name="Type">Four characters, for example <c>VP8X</c>.</param>
/// <param name="Data">Its contents.</param>
internal readonly record struct WebPChunk(string Type, ReadOnlyMemory<byte> Data);

/// <summary>Takes a WebP file apart into chunks. Source: RFC 9649, section 2.</summary>
internal static class WebPChunks
{
    private const int RiffHeaderBytes = 12;
    private const int ChunkHeaderBytes = 8;
    private const int TypeBytes = 4;

    public static bool HasSignature(ReadOnlySpan<byte> file)
        => file.Length >= RiffHeaderBytes && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8);

    /// <summary>The chunks that lie in the file whole.</summary>
    /// <param name="webp">The file.</param>
    /// <param name="isWhole">Whether the file has all the bytes that it says it has.</param>
    public static IReadOnlyList<WebPChunk> Read(ReadOnlyMemory<byte> webp, out bool isWhole)
    {
        var chunks = new List<WebPChunk>();
        isWhole = BinaryPrimitives.ReadUInt32LittleEndian(webp.Span[TypeBytes..]) <= webp.Length - ChunkHeaderBytes;
        long at = RiffHeaderBytes;
        while (webp.Length - at >= ChunkHeaderBytes)
        {
            ReadOnlySpan<byte> header = webp.Span.Slice((int)at, ChunkHeaderBytes);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[TypeBytes..]);
            if (length > webp.Length - at - ChunkHeaderBytes)
            {
                isWhole = false;
                break;
            }
            chunks.Add(new WebPChunk(Encoding.Latin1.GetString(header[..TypeBytes]), webp.Slice((int)at + ChunkHeaderBytes, (int)length)));
            // A byte fills odd chunks up.
            at += ChunkHeaderBytes + length + (length & 1);
        }
        return chunks;
    }
}
