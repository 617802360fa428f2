using System.Buffers.Binary;

namespace ZImage.Engine.Imaging;

/// <summary>The EXIF block of a JPEG file: its application segment 1. Source: ITU-T T.81, annex B, and EXIF 2.32, section 4.7.</summary>
internal static class JpegExif
{
    private const byte Application0 = 0xE0;
    private const int MarkerBytes = 2;
    private const int LengthBytes = 2;

    // A segment's length field counts itself.
    private const int LargestPayload = ushort.MaxValue - LengthBytes;

    private static ReadOnlySpan<byte> Identifier => "Exif\0\0"u8;

    /// <summary>The file with a TIFF block added, or null when the block is too large for a segment.</summary>
    public static byte[]? Insert(byte[] jpeg, byte[] tiff)
    {
        int payload = Identifier.Length + tiff.Length;
        if (payload > LargestPayload)
            return null;
        // JFIF wants its segment first, and readers of EXIF take theirs after it.
        int at = MarkerBytes;
        if (jpeg[at + 1] == Application0)
            at += MarkerBytes + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(at + MarkerBytes));
        Span<byte> head = [0xFF, JpegSegments.Application1, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head[MarkerBytes..], (ushort)(payload + LengthBytes));
        return [.. jpeg.AsSpan(0, at), .. head, .. Identifier, .. tiff, .. jpeg.AsSpan(at)];
    }

    /// <summary>The TIFF block among the segments of a file; null when there is none.</summary>
    public static ReadOnlyMemory<byte>? Find(IEnumerable<JpegSegment> segments)
    {
        foreach (JpegSegment segment in segments)
        {
            if (segment.Marker == JpegSegments.Application1 && segment.Payload.Span.StartsWith(Identifier))
                return segment.Payload[Identifier.Length..];
        }
        return null;
    }
}
