using System.Text.Json.Serialization;

namespace ZImage.Engine.Downloads;

/// <summary>A file of a repository on a model hub, in one revision.</summary>
public sealed record HubFile
{
    public const string DefaultRevision = "main";
    private const int CommitDigits = 40, HashDigits = 64;

    /// <param name="repository">Owner and name, such as <c>leejet/Z-Image-Turbo-GGUF</c>.</param>
    /// <param name="file">Path in the repository, with slashes.</param>
    /// <param name="revision">Branch, tag or commit.</param>
    /// <exception cref="InvalidHubFileException">One of them cannot be a name on a hub.</exception>
    [JsonConstructor]
    public HubFile(string repository, string file, string revision = DefaultRevision)
    {
        Repository = IsPath(repository) && repository.Count(c => c == '/') == 1 ? repository : throw new InvalidHubFileException(repository, "a repository is written as owner/name");
        File = IsPath(file) ? file : throw new InvalidHubFileException(file, "a file is a path in its repository, with slashes between folders");
        Revision = IsPath(revision) ? revision : throw new InvalidHubFileException(revision, "a revision is a branch, a tag or a commit");
    }

    public string Repository { get; }

    public string File { get; }

    public string Revision { get; }

    /// <summary>Length of the file; null when only the hub knows it.</summary>
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of the file in lower-case hexadecimal; null when only the hub knows it.</summary>
    /// <exception cref="InvalidHubFileException">It is none.</exception>
    public string? Sha256
    {
        get;
        init => field = value is null || IsHash(value) ? value?.ToLowerInvariant() : throw new InvalidHubFileException(value, "a SHA-256 is 64 hexadecimal digits");
    }

    /// <summary>The file's name without folders.</summary>
    [JsonIgnore]
    public string Name => File[(File.LastIndexOf('/') + 1)..];

    /// <summary>Whether what is meant stays the same, whatever happens on the hub: it has a checksum, or its revision is a commit.</summary>
    [JsonIgnore]
    public bool IsFixed => Sha256 is not null || (Revision.Length == CommitDigits && Revision.All(char.IsAsciiHexDigit));

    internal static bool IsHash(string text) => text.Length == HashDigits && text.All(char.IsAsciiHexDigit);

    // The names become folders on this machine, so they must neither climb nor mean something else there.
    private static bool IsPath(string text)
        => !string.IsNullOrWhiteSpace(text)
            && text.Split('/').All(part => part.Length > 0 && part.Trim() == part && part[^1] != '.' && !part.StartsWith("..", StringComparison.Ordinal)
                && part.All(c => c is >= ' ' and not ('\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or '\x7f')));
}
