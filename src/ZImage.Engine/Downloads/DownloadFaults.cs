using ZImage.Engine.Memory;

namespace ZImage.Engine.Downloads;

/// <summary>A file could not be downloaded, though it may be there. ErrorId <c>DownloadFailed</c>.</summary>
public sealed class DownloadFailedException(string file, string reason, string advice = DownloadFailedException.TryAgain, Exception? inner = null)
    : ZImageException("DownloadFailed", $"'{file}' was not downloaded: {reason}.", advice, file, inner)
{
    internal const string TryAgain = "Run the same command again; it goes on where it stopped. See that the network, -Endpoint and -Proxy are right.";
}

/// <summary>The hub gives the file only to some, or not to this token. ErrorId <c>HubAccessDenied</c>.</summary>
public sealed class HubAccessDeniedException(string file, string reason, string advice)
    : ZImageException("HubAccessDenied", $"The hub does not give '{file}': {reason}.", advice, file);

/// <summary>The hub has no such repository, revision or file. ErrorId <c>HubFileNotFound</c>.</summary>
public sealed class HubFileNotFoundException(string file, string reason)
    : ZImageException("HubFileNotFound", $"'{file}' is not on the hub: {reason}.", "Check -Repository, -File and -Revision against the repository's page; upper and lower case count.", file);

/// <summary>A name that cannot be one on a hub. ErrorId <c>InvalidHubFile</c>.</summary>
public sealed class InvalidHubFileException(string? text, string rule)
    : ZImageException("InvalidHubFile", $"'{text}' cannot be used: {rule}.", "Write it as the page of the repository shows it.", text);

/// <summary>What came is not what was meant. ErrorId <c>ChecksumMismatch</c>.</summary>
public sealed class ChecksumMismatchException(string file, string reason)
    : ZImageException("ChecksumMismatch", $"'{file}' is not the file that was meant: {reason}. Nothing of it was kept.",
        "Try again; when it stays so, the file on the hub was replaced, or something on the way changes it. For a file of your own choice, check -Sha256.", file);

/// <summary>The drive has no room for the download. ErrorId <c>DiskFull</c>.</summary>
public sealed class DiskFullException(string path, long? needed, long? free, Exception? inner = null)
    : ZImageException("DiskFull",
        needed is { } bytes && free is { } left
            ? $"'{path}' needs {ByteSize.AtLeast(bytes)} more, and its drive has {ByteSize.Text(left)} free."
            : $"The drive of '{path}' has become full.",
        "Make room (Clear-ZCache), or set the environment variable ZIMAGE_CACHE_PATH to a folder on another drive. What is there already is kept.", path, inner);

/// <summary>The file could not be written. ErrorId <c>DownloadNotWritten</c>.</summary>
public sealed class DownloadNotWrittenException(string path, string reason, Exception inner)
    : ZImageException("DownloadNotWritten", $"'{path}' cannot be written: {reason}",
        "Check the permissions of the folder and that no other program uses the file; ZIMAGE_CACHE_PATH names another folder.", path, inner);

/// <summary>The catalogue has no set of the name. ErrorId <c>ModelNotInCatalogue</c>.</summary>
public sealed class ModelNotInCatalogueException(string name, IEnumerable<string> known)
    : ZImageException("ModelNotInCatalogue", $"The catalogue has no model '{name}'.",
        $"It has {string.Join(", ", known)}. Other files are downloaded with Save-ZModelFile -Repository and -File.", name);

/// <summary>Files of a set are not on this machine. ErrorId <c>ModelNotDownloaded</c>.</summary>
public sealed class ModelNotDownloadedException(string name, IReadOnlyList<HubFile> missing)
    : ZImageException("ModelNotDownloaded",
        $"The model '{name}' is not downloaded: {string.Join(", ", missing.Select(file => $"'{ModelStore.PathOf(file)}'"))} {(missing.Count == 1 ? "is" : "are")} not there.",
        $"Run: Save-ZModelFile {name} (it downloads {ByteSize.Text(missing.Sum(file => file.Bytes ?? 0))}).", name)
{
    /// <summary>The files that are not there.</summary>
    public IReadOnlyList<HubFile> Missing { get; } = missing;
}

/// <summary>The catalogue cannot be read. ErrorId <c>ModelCatalogueUnreadable</c>.</summary>
public sealed class ModelCatalogueUnreadableException(string path, string reason, Exception inner)
    : ZImageException("ModelCatalogueUnreadable", $"The catalogue '{path}' cannot be read: {reason}", "Install ZImage again.", path, inner);

/// <summary>A hub's address that is none. ErrorId <c>InvalidHubEndpoint</c>.</summary>
public sealed class InvalidHubEndpointException(string endpoint)
    : ZImageException("InvalidHubEndpoint", $"'{endpoint}' is not the address of a hub.", "Give -Endpoint or HF_ENDPOINT as https://host.", endpoint);

/// <summary>A failure after which another try may succeed; never leaves the download.</summary>
internal sealed class RetryException(string reason, TimeSpan? after = null, bool fatalAtFirst = false, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>How long the hub asked to wait; null when it said nothing.</summary>
    public TimeSpan? After { get; } = after;

    /// <summary>Whether waiting is in vain as long as the hub was never reached.</summary>
    public bool FatalAtFirst { get; } = fatalAtFirst;
}
