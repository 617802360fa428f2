using System.IO.Compression;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>
/// Texts in PNG files: written as tEXt where Latin-1 is enough, else as iTXt; read from tEXt, zTXt and iTXt. Some programs write
/// UTF-8 as tEXt, against the specification, so what can be UTF-8 is read as such, and Latin-1 that looks like it is not written.
/// </summary>
internal static class PngText
{
    private const int LongestKeyword = 79;

    // Unfolded texts of one file together: a few kilobytes can claim a thousand times their length.
    private const int MostUnfolded = 4 * ImageMetadata.LongestText;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The chunk that holds a text.</summary>
    public static byte[] MakeChunk(string keyword, string text)
    {
        // A NUL ends a field, so a text cannot contain one.
        text = text.Replace('\0', '\uFFFD');
        byte[] latin = Encoding.Latin1.GetBytes(text);
        return text.All(IsPlain) && DecodeLatin(latin) == text
            ? PngChunks.Make("tEXt", [.. Encoding.Latin1.GetBytes(keyword), 0, .. latin])
            // After the keyword: not compressed, method 0, no language, no translated keyword.
            : PngChunks.Make("iTXt", [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)]);
    }

    /// <summary>All texts of a PNG file; a keyword that comes twice keeps its first. Damaged chunks are passed over.</summary>
    public static ImageMetadata Read(ReadOnlyMemory<byte> file)
    {
        var metadata = new ImageMetadata { IsDamaged = true };
        bool intact = true;
        int unfoldable = MostUnfolded;
        foreach (PngChunk chunk in PngChunks.Read(file))
        {
            // A file without its end is not whole.
            if (chunk.Type == "IEND")
                metadata.IsDamaged = !intact;
            if (chunk.Type is not ("tEXt" or "zTXt" or "iTXt"))
                continue;
            if (chunk.Data.Length > ImageMetadata.LongestText || !chunk.IsIntact || ReadChunk(chunk, ref unfoldable) is not (string keyword, string text) || !IsKeyword(keyword))
                intact = false;
            else if (metadata[keyword] is null)
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

    private static (string Keyword, string Text)? ReadChunk(PngChunk chunk, ref int unfoldable)
    {
        if (TakeField(chunk.Data.Span, out ReadOnlySpan<byte> rest) is not { } keyword)
            return null;
        string? text = chunk.Type switch
        {
            "tEXt" => DecodeLatin(rest),
            "zTXt" => rest.Length > 0 && rest[0] == 0 && Inflate(rest[1..], ref unfoldable) is { } bytes ? DecodeLatin(bytes) : null,
            _ => ReadInternational(rest, ref unfoldable),
        };
        return text is null ? null : (keyword, text);
    }

    private static string? ReadInternational(ReadOnlySpan<byte> fields, ref int unfoldable)
    {
        if (fields.Length < 2 || fields[0] > 1 || fields[1] != 0)
            return null;
        bool compressed = fields[0] == 1;
        if (TakeField(fields[2..], out ReadOnlySpan<byte> afterLanguage) is null || TakeField(afterLanguage, out ReadOnlySpan<byte> text) is null)
            return null;
        if (!compressed)
            return Encoding.UTF8.GetString(text);
        return Inflate(text, ref unfoldable) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static string? TakeField(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> rest)
    {
        int end = data.IndexOf((byte)0);
        rest = end < 0 ? default : data[(end + 1)..];
        return end < 0 ? null : Encoding.Latin1.GetString(data[..end]);
    }

    private static string DecodeLatin(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> data, ref int unfoldable)
    {
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            int most = Math.Min(ImageMetadata.LongestText, unfoldable);
            var text = new MemoryStream();
            var part = new byte[64 << 10];
            for (int length; text.Length <= most && (length = zlib.Read(part)) > 0;)
                text.Write(part, 0, length);
            unfoldable -= (int)Math.Min(text.Length, unfoldable);
            return text.Length > most ? null : text.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
