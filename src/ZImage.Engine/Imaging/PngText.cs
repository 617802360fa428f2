using System.IO.Compression;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>Texts in PNG files: written as tEXt where Latin-1 is enough, else as iTXt; read from tEXt, zTXt and iTXt.</summary>
internal static class PngText
{
    private const int LongestKeyword = 79;

    // A compressed text that unfolds to more than this is not a text.
    private const int LongestText = 16 << 20;

    /// <summary>The chunk that holds a text.</summary>
    public static byte[] MakeChunk(string keyword, string text)
    {
        // A NUL ends a field, so a text cannot contain one.
        text = text.Replace('\0', '\uFFFD');
        return text.All(IsPlain)
            ? PngChunks.Make("tEXt", [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(text)])
            // After the keyword: not compressed, method 0, no language, no translated keyword.
            : PngChunks.Make("iTXt", [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)]);
    }

    /// <summary>All texts of a PNG file; a keyword that comes twice keeps its first. Damaged chunks are passed over.</summary>
    public static ImageMetadata Read(ReadOnlyMemory<byte> file)
    {
        var metadata = new ImageMetadata();
        foreach (PngChunk chunk in PngChunks.Read(file).Where(chunk => chunk.IsIntact))
        {
            if (ReadChunk(chunk) is (string keyword, string text) && IsKeyword(keyword) && metadata[keyword] is null)
                metadata[keyword] = text;
        }
        return metadata;
    }

    /// <summary>The keyword, when it is one that PNG allows.</summary>
    public static string CheckKeyword(string keyword)
        => IsKeyword(keyword) ? keyword
            : throw new ArgumentException($"A keyword has 1 to {LongestKeyword} Latin-1 characters, without spaces at its ends.", nameof(keyword));

    private static bool IsKeyword(string keyword)
        => keyword.Length is > 0 and <= LongestKeyword && keyword.All(c => c is >= ' ' and <= '~' or >= '\u00A1' and <= '\u00FF')
            && keyword[0] != ' ' && keyword[^1] != ' ' && !keyword.Contains("  ", StringComparison.Ordinal);

    // What the specification lets stand in a tEXt chunk: printable Latin-1 and line feeds.
    private static bool IsPlain(char c) => c is '\n' or >= ' ' and <= '~' or >= '\u00A0' and <= '\u00FF';

    private static (string Keyword, string Text)? ReadChunk(PngChunk chunk)
    {
        if (chunk.Type is not ("tEXt" or "zTXt" or "iTXt") || TakeField(chunk.Data.Span, out ReadOnlySpan<byte> rest) is not { } keyword)
            return null;
        string? text = chunk.Type switch
        {
            "tEXt" => Encoding.Latin1.GetString(rest),
            "zTXt" => rest.Length > 0 && rest[0] == 0 ? Inflate(rest[1..], Encoding.Latin1) : null,
            _ => ReadInternational(rest),
        };
        return text is null ? null : (keyword, text);
    }

    private static string? ReadInternational(ReadOnlySpan<byte> fields)
    {
        if (fields.Length < 2 || fields[0] > 1 || fields[1] != 0)
            return null;
        bool compressed = fields[0] == 1;
        if (TakeField(fields[2..], out ReadOnlySpan<byte> afterLanguage) is null || TakeField(afterLanguage, out ReadOnlySpan<byte> text) is null)
            return null;
        return compressed ? Inflate(text, Encoding.UTF8) : Encoding.UTF8.GetString(text);
    }

    private static string? TakeField(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> rest)
    {
        int end = data.IndexOf((byte)0);
        rest = end < 0 ? default : data[(end + 1)..];
        return end < 0 ? null : Encoding.Latin1.GetString(data[..end]);
    }

    private static string? Inflate(ReadOnlySpan<byte> data, Encoding encoding)
    {
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            var text = new byte[LongestText + 1];
            int length = zlib.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return length > LongestText ? null : encoding.GetString(text, 0, length);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
