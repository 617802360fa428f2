using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>
/// Reads the texts of image files: those of PNG by their keywords; of JPEG and WebP the parameters, from the EXIF user comment,
/// or from where stable-diffusion.cpp writes them: a comment segment of JPEG, an XMP packet of WebP.
/// </summary>
internal static class ImageTexts
{
    // A JPEG comment of this form: the keyword, NUL, the text and NUL.
    private static ReadOnlySpan<byte> CommentStart => "parameters\0"u8;

    /// <summary>The texts; none for a file of another format.</summary>
    public static ImageMetadata Read(ReadOnlyMemory<byte> file) => ImageFormats.FromSignature(file.Span) switch
    {
        ImageFormat.Png => PngText.Read(file),
        ImageFormat.Jpeg => ReadJpeg(file),
        ImageFormat.WebP => ReadWebP(file),
        _ => new ImageMetadata(),
    };

    private static ImageMetadata ReadJpeg(ReadOnlyMemory<byte> file)
    {
        List<JpegSegment> segments = [.. JpegSegments.Read(file)];
        var metadata = new ImageMetadata { IsDamaged = segments.Count == 0 || segments[^1].Marker != JpegSegments.StartOfScan };
        TakeParameters(metadata, JpegExif.Find(segments), ExifUserComment.Read);
        foreach (JpegSegment segment in segments)
        {
            if (segment.Marker == JpegSegments.Comment && segment.Payload.Span.StartsWith(CommentStart))
                metadata.Parameters ??= Encoding.UTF8.GetString(UpToNul(segment.Payload.Span[CommentStart.Length..]));
        }
        return metadata;
    }

    private static ImageMetadata ReadWebP(ReadOnlyMemory<byte> file)
    {
        IReadOnlyList<WebPChunk> chunks = WebPChunks.Read(file, out bool isWhole);
        var metadata = new ImageMetadata { IsDamaged = !isWhole };
        TakeParameters(metadata, WebPExif.Find(chunks), ExifUserComment.Read);
        if (metadata.Parameters is null && chunks.FirstOrDefault(chunk => chunk.Type == "XMP ") is { Type: not null } xmp)
            TakeParameters(metadata, xmp.Data, XmpParameters.Read);
        return metadata;
    }

    private static void TakeParameters(ImageMetadata metadata, ReadOnlyMemory<byte>? block, Func<ReadOnlySpan<byte>, string?> read)
    {
        if (block is not { } bytes)
            return;
        try
        {
            metadata.Parameters = bytes.Length <= ImageMetadata.LongestText ? read(bytes.Span) : throw new InvalidDataException("The block is too long.");
        }
        catch (InvalidDataException)
        {
            metadata.IsDamaged = true;
        }
    }

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }
}
