using System.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// A model file, mapped into memory: metadata and named tensors. Opening reads the header only, and every length in it is
/// checked against the file, so no later access can leave the mapping.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly Lazy<string> _fingerprint;

    private Checkpoint(MappedFile file, GgufHeader header)
    {
        File = file;
        Format = $"GGUF v{header.Version}";
        Metadata = new CheckpointMetadata(file, header.Metadata);
        Tensors = header.Tensors;
        DataOffset = header.DataOffset;
        _fingerprint = new Lazy<string>(() => CheckpointFingerprint.Compute(File, DataOffset));
    }

    /// <summary>Full path of the file.</summary>
    public string Path => File.Path;

    public MappedFile File { get; }

    /// <summary>The file format with its version, for example <c>GGUF v3</c>.</summary>
    public string Format { get; }

    public CheckpointMetadata Metadata { get; }

    /// <summary>The tensors by stored name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>Where the tensor data starts: the length of header and padding.</summary>
    public long DataOffset { get; }

    /// <summary>
    /// Identity of the contents as 64 hex digits: SHA-256 over header, length and samples of the data.
    /// It is not the SHA-256 of the file. Computed at the first use, in milliseconds for any size.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>Opens a GGUF file of version 2 or 3.</summary>
    /// <exception cref="ModelFileException">One of its kinds: not found, unreadable, not a model, unsupported form, truncated, corrupt.</exception>
    public static Checkpoint Open(string path)
    {
        MappedFile file = Map(path);
        try
        {
            if (!GgufHeader.IsGguf(file))
                throw Unrecognized(file);
            return new Checkpoint(file, GgufHeader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Dispose();

    private static MappedFile Map(string path)
    {
        string full = path;
        try
        {
            full = System.IO.Path.GetFullPath(path);
            if (Directory.Exists(full))
                throw new ModelFileNotFoundException(full, "it is a folder, and a file is needed");
            return MappedFile.Open(full);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileNotFoundException(full, "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFileUnreadableException(full, e.Message, e);
        }
    }

    private static ModelFileException Unrecognized(MappedFile file)
    {
        if (file.Length == 0)
            return new ModelFileTruncatedException(file.Path, 0, null, "it is empty");
        ReadOnlySpan<byte> start = file.Span(0, (int)Math.Min(file.Length, 64));
        if (start.Length < 4 && GgufHeader.Magic.StartsWith(start))
            return new ModelFileTruncatedException(file.Path, file.Length, null, $"it ends after {file.Length} bytes, inside its first word");
        return new NotAModelFileException(file.Path, Guess(start));
    }

    // What people take for a model file most often.
    private static string Guess(ReadOnlySpan<byte> start)
    {
        string text = Encoding.Latin1.GetString(start).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
            return "it is the pointer that Git LFS leaves in place of a large file";
        if (text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "it is a web page";
        if (start.StartsWith("PK\u0003\u0004"u8))
            return "it is a ZIP archive, perhaps a PyTorch checkpoint";
        if (start.Length > 8 && start[8] == '{' && start[5] == 0 && start[6] == 0 && start[7] == 0)
            return "it looks like a safetensors file";
        return $"it starts with the bytes {Convert.ToHexString(start[..Math.Min(4, start.Length)])} and not with 'GGUF'";
    }
}
