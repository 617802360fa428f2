using System.Buffers.Binary;
using System.Text;
using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging;

/// <summary>Image files with texts where other programs put them.</summary>
internal static class ForeignImageFiles
{
    /// <summary>A PNG file with chunks before its image data.</summary>
    public static byte[] Png(params byte[][] chunks)
        => PngChunks.InsertBeforeImageData(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png), chunks);

    /// <summary>A chunk that holds UTF-8 where the specification wants Latin-1.</summary>
    public static byte[] Utf8Text(string keyword, string text) => PngChunks.Make("tEXt", [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.UTF8.GetBytes(text)]);

    /// <summary>A JPEG file with a comment segment, and a byte that fills up, before its other segments.</summary>
    public static byte[] JpegWithComment(string comment)
    {
        byte[] payload = Encoding.UTF8.GetBytes(comment);
        byte[] jpeg = ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Jpeg);
        byte[] head = [0xFF, 0xFE, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(payload.Length + 2));
        return [.. jpeg.AsSpan(0, 2), .. head, .. payload, 0xFF, .. jpeg.AsSpan(2)];
    }

    /// <summary>A WebP file with an XMP packet.</summary>
    public static byte[] WebPWithXmp(string packet)
    {
        byte[] file = WebPExif.Append(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.WebP), Encoding.UTF8.GetBytes(packet), 8, 8);
        // The flags of the extended header say which block is there.
        file[20] = 0x04;
        "XMP "u8.CopyTo(file.AsSpan(file.AsSpan().LastIndexOf("EXIF"u8)));
        return file;
    }

    /// <summary>A TIFF block of one directory that holds a user comment.</summary>
    public static byte[] TiffWithCommentInFirstDirectory(string comment)
    {
        byte[] text = Encoding.UTF8.GetBytes(comment);
        byte[] tiff = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x86, 0x92, 2, 0, 0, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0, .. text];
        BinaryPrimitives.WriteInt32LittleEndian(tiff.AsSpan(14), text.Length);
        return tiff;
    }
}
