namespace ZImage.Engine.Checkpoints;

/// <summary>The base of the faults that lie in one model file or folder.</summary>
public abstract class ModelFileException : ZImageException
{
    private protected ModelFileException(
        string errorId, string path, string reason, string message, string recommendedAction, Exception? inner = null)
        : base(errorId, message, recommendedAction, path, inner)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>Full path of the file or folder.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, without the path.</summary>
    public string Reason { get; }
}

/// <summary>There is no file or folder at the path. ErrorId <c>ModelFileNotFound</c>.</summary>
public sealed class ModelFileNotFoundException(string path, string reason)
    : ModelFileException("ModelFileNotFound", path, reason, $"The model file '{path}' cannot be found: {reason}.",
        "Check the path; a relative path starts at the current folder.");

/// <summary>The system does not let the file be read. ErrorId <c>ModelFileUnreadable</c>.</summary>
public sealed class ModelFileUnreadableException(string path, string reason, Exception? inner = null)
    : ModelFileException("ModelFileUnreadable", path, reason, $"The model file '{path}' cannot be read: {reason}",
        "Check its permissions, that no other program holds it open for writing, and that its drive is connected.", inner);

/// <summary>The file is of another kind. ErrorId <c>NotAModelFile</c>.</summary>
public sealed class NotAModelFileException(string path, string reason)
    : ModelFileException("NotAModelFile", path, reason, $"'{path}' is not a model file: {reason}.",
        "Give the path of a GGUF or safetensors file; if it was downloaded, download the file itself and not the page about it.");

/// <summary>A model file in a version or byte order that is not read. ErrorId <c>ModelFormatUnsupported</c>.</summary>
public sealed class ModelFormatUnsupportedException(string path, string reason)
    : ModelFileException("ModelFormatUnsupported", path, reason, $"The model file '{path}' has a form that is not supported: {reason}.",
        "Use a little-endian GGUF file of version 2 or 3; current converters write version 3.");

/// <summary>The file ends before its contents do. ErrorId <c>ModelFileTruncated</c>.</summary>
public sealed class ModelFileTruncatedException(string path, long length, long? neededLength, string reason)
    : ModelFileException("ModelFileTruncated", path, reason, $"The model file '{path}' is incomplete: {reason}.",
        "Download or copy the file again; compare its size with the publisher's.")
{
    /// <summary>Length of the file in bytes.</summary>
    public long Length { get; } = length;

    /// <summary>Bytes the contents need at least, where the header tells.</summary>
    public long? NeededLength { get; } = neededLength;
}

/// <summary>The file contradicts itself or the format. ErrorId <c>ModelFileCorrupt</c>.</summary>
public sealed class ModelFileCorruptException(string path, string reason)
    : ModelFileException("ModelFileCorrupt", path, reason, $"The model file '{path}' is damaged: {reason}.",
        "Download the file again and compare its checksum with the publisher's.");

/// <summary>Not all shards of a model are there. ErrorId <c>ModelShardMissing</c>.</summary>
public sealed class ModelShardMissingException(string path, IReadOnlyList<string> missing)
    : ModelFileException("ModelShardMissing", path, Describe(missing), $"The model '{path}' is not complete: {Describe(missing)}.",
        "Put all shards of the model into one folder.")
{
    /// <summary>File names of the missing shards.</summary>
    public IReadOnlyList<string> Missing { get; } = missing;

    private static string Describe(IReadOnlyList<string> missing)
        => $"its {(missing.Count == 1 ? "shard" : "shards")} {string.Join(", ", missing.Select(name => $"'{name}'"))} {(missing.Count == 1 ? "is" : "are")} not in its folder";
}

/// <summary>A file of an imported model was deleted, replaced or written to. ErrorId <c>ModelFileChanged</c>.</summary>
public sealed class ModelFileChangedException(string path, string reason)
    : ModelFileException("ModelFileChanged", path, reason, $"The model file '{path}' is not any more what was imported: {reason}.",
        "Remove the model with Remove-ZModel and import it again.")
{
    public override bool EndsSession => true;
}
