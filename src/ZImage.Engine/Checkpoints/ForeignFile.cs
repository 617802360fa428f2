using System.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>Says what a file is that is no model file: what people take for one most often.</summary>
internal static class ForeignFile
{
    public static ModelFileException Describe(MappedFile file)
    {
        if (file.Length == 0)
            return new ModelFileTruncatedException(file.Path, 0, null, "it is empty");
        ReadOnlySpan<byte> start = file.Span(0, (int)Math.Min(file.Length, 64));
        if (start.Length < 4 && GgufHeader.Magic.StartsWith(start))
            return new ModelFileTruncatedException(file.Path, file.Length, null, $"it ends after {file.Length} bytes, inside its first word");
        return new NotAModelFileException(file.Path, Guess(start));
    }

    private static string Guess(ReadOnlySpan<byte> start)
    {
        string text = Encoding.Latin1.GetString(start).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
            return "it is the pointer that Git LFS leaves in place of a large file";
        if (text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "it is a web page";
        if (start.StartsWith("PK\u0003\u0004"u8))
            return "it is a ZIP archive, perhaps a PyTorch checkpoint";
        return $"it starts with the bytes {Convert.ToHexString(start[..Math.Min(4, start.Length)])} and is neither a GGUF nor a safetensors file";
    }
}
