using System.Buffers.Binary;

namespace ZImage.Engine.Imaging;

/// <summary>A part of a JPEG file before its image data.</summary>
/// <param name="Marker">The second byte of its marker.</param>
/// <param name="Payload">Its contents.</param>
internal readonly record struct JpegSegment(byte Marker, ReadOnlyMemory<byte> Payload);

/// <summary>Takes the head of a JPEG file apart. Source: ITU-T T.81, annex B.</summary>
internal static class JpegSegments
{
    public const byte StartOfScan = 0xDA;
    public const byte Application1 = 0xE1;
    public const byte Comment = 0xFE;

    private const byte Fill = 0xFF;
    private const int MarkerBytes = 2;
    private const int LengthBytes = 2;

    public static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    /// <summary>The segments up to the start of the scan, which is the last; without that one the head is damaged or cut off.</summary>
    public static IEnumerable<JpegSegment> Read(ReadOnlyMemory<byte> jpeg)
    {
        // Behind the start of the image, a marker without contents.
        int at = MarkerBytes;
        while (jpeg.Length - at >= MarkerBytes + LengthBytes && jpeg.Span[at] == Fill)
        {
            byte marker = jpeg.Span[at + 1];
            if (marker == Fill)
            {
                at++;
                continue;
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(jpeg.Span[(at + MarkerBytes)..]);
            if (length < LengthBytes || length > jpeg.Length - at - MarkerBytes)
                yield break;
            yield return new JpegSegment(marker, jpeg.Slice(at + MarkerBytes + LengthBytes, length - LengthBytes));
            if (marker == StartOfScan)
                yield break;
            at += MarkerBytes + length;
        }
    }
}
