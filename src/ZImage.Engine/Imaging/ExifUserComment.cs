using System.Buffers.Binary;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>
/// A text as the user comment of an EXIF block, the place where image generators keep their settings in JPEG and WebP files.
/// Sources: EXIF 2.32, section 4.6.5 (tag 9286), and TIFF 6.0, section 2.
/// </summary>
internal static class ExifUserComment
{
    private const ushort ExifDirectoryTag = 0x8769;
    private const ushort UserCommentTag = 0x9286;
    private const ushort TypeLong = 4;
    private const ushort TypeUndefined = 7;
    private const int HeaderBytes = 8;
    private const int EntryBytes = 12;
    private const int DirectoryBytes = 2 + EntryBytes + 4;
    private const int CodeBytes = 8;

    private static ReadOnlySpan<byte> UnicodeCode => "UNICODE\0"u8;

    /// <summary>A big-endian TIFF block with an EXIF directory that holds the comment alone, in UTF-16.</summary>
    public static byte[] Write(string text)
    {
        byte[] utf16 = Encoding.BigEndianUnicode.GetBytes(text);
        const int ExifDirectory = HeaderBytes + DirectoryBytes;
        const int Comment = ExifDirectory + DirectoryBytes;
        var tiff = new byte[Comment + CodeBytes + utf16.Length];
        "MM\0*"u8.CopyTo(tiff);
        BinaryPrimitives.WriteUInt32BigEndian(tiff.AsSpan(4), HeaderBytes);
        WriteDirectory(tiff.AsSpan(HeaderBytes), ExifDirectoryTag, TypeLong, 1, ExifDirectory);
        WriteDirectory(tiff.AsSpan(ExifDirectory), UserCommentTag, TypeUndefined, (uint)(CodeBytes + utf16.Length), Comment);
        UnicodeCode.CopyTo(tiff.AsSpan(Comment));
        utf16.CopyTo(tiff.AsSpan(Comment + CodeBytes));
        return tiff;
    }

    /// <summary>The user comment of a TIFF block of either byte order; null when there is none.</summary>
    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public static string? Read(ReadOnlySpan<byte> tiff)
    {
        bool bigEndian = tiff.StartsWith("MM\0*"u8);
        if (!bigEndian && !tiff.StartsWith("II*\0"u8) || tiff.Length < HeaderBytes)
            throw new InvalidDataException("The EXIF block has no header.");
        uint first = ReadUInt32(tiff[4..], bigEndian);
        // Some writers put the comment into the first directory, where it does not belong.
        (uint Count, uint Value)? comment = FindEntry(tiff, first, ExifDirectoryTag, bigEndian) is { } exif
            ? FindEntry(tiff, exif.Value, UserCommentTag, bigEndian)
            : FindEntry(tiff, first, UserCommentTag, bigEndian);
        if (comment is not { Count: > CodeBytes } found)
            return null;
        if (found.Value > tiff.Length || found.Count > tiff.Length - found.Value)
            throw new InvalidDataException("The EXIF block ends inside the user comment.");
        return Decode(tiff.Slice((int)found.Value, (int)found.Count), bigEndian);
    }

    private static void WriteDirectory(Span<byte> at, ushort tag, ushort type, uint count, uint value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(at, 1);
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], tag);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], type);
        BinaryPrimitives.WriteUInt32BigEndian(at[6..], count);
        BinaryPrimitives.WriteUInt32BigEndian(at[10..], value);
        // The four bytes after it stay zero: no further directory.
    }

    private static (uint Count, uint Value)? FindEntry(ReadOnlySpan<byte> tiff, uint directory, ushort tag, bool bigEndian)
    {
        if (directory > tiff.Length - 2)
            throw new InvalidDataException("A directory of the EXIF block lies outside it.");
        int entries = ReadUInt16(tiff[(int)directory..], bigEndian);
        ReadOnlySpan<byte> rest = tiff[((int)directory + 2)..];
        for (; entries > 0; entries--, rest = rest[EntryBytes..])
        {
            if (rest.Length < EntryBytes)
                throw new InvalidDataException("The EXIF block ends inside a directory.");
            if (ReadUInt16(rest, bigEndian) == tag)
                return (ReadUInt32(rest[4..], bigEndian), ReadUInt32(rest[8..], bigEndian));
        }
        return null;
    }

    private static string Decode(ReadOnlySpan<byte> comment, bool bigEndian)
    {
        ReadOnlySpan<byte> text = comment[CodeBytes..];
        if (comment.StartsWith(UnicodeCode))
            return (IsBigEndian(text, bigEndian) ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(text).TrimEnd('\0');
        bool hasCode = comment.StartsWith("ASCII\0\0\0"u8) || comment.StartsWith("JIS\0\0\0\0\0"u8) || !comment[..CodeBytes].ContainsAnyExcept((byte)0);
        return Encoding.UTF8.GetString(hasCode ? text : comment).TrimEnd('\0');
    }

    // Writers disagree on whether the block's byte order holds for the comment; its spaces and line feeds show which is meant.
    private static bool IsBigEndian(ReadOnlySpan<byte> text, bool blockIsBigEndian)
    {
        int big = 0, little = 0;
        for (int i = 0; i + 1 < text.Length; i += 2)
        {
            big += text[i] == 0 && text[i + 1] is (byte)' ' or (byte)'\n' ? 1 : 0;
            little += text[i] is (byte)' ' or (byte)'\n' && text[i + 1] == 0 ? 1 : 0;
        }
        return big == little ? blockIsBigEndian : big > little;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> at, bool bigEndian)
        => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);

    private static uint ReadUInt32(ReadOnlySpan<byte> at, bool bigEndian)
        => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
}
