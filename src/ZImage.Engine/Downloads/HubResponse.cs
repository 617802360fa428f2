using System.Net;
using System.Net.Http.Headers;

namespace ZImage.Engine.Downloads;

/// <summary>The beginning of an answer with a file's contents.</summary>
internal sealed class HubResponse(HttpResponseMessage response, string? sha256, long? bytes) : IDisposable
{
    /// <summary>SHA-256 as the hub says it; null when it does not.</summary>
    public string? Sha256 => sha256;

    /// <summary>Length of the whole file as the hub and the host say it; null when neither does.</summary>
    public long? Bytes => bytes ?? (IsPart ? Range?.Length : response.Content.Headers.ContentLength);

    /// <summary>What the host calls these contents, where that is good for going on later.</summary>
    public EntityTagHeaderValue? EntityTag => response.Headers.ETag is { IsWeak: false } tag ? tag : null;

    /// <summary>Whether it is a part that was asked for, and not the whole.</summary>
    public bool IsPart => response.StatusCode == HttpStatusCode.PartialContent;

    /// <summary>Whether there is nothing after the bytes that are there.</summary>
    public bool IsBeyondEnd => response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;

    private ContentRangeHeaderValue? Range => response.Content.Headers.ContentRange;

    /// <summary>Whether it is what follows the bytes that are there, to the end of a file of a length.</summary>
    public bool Continues(long from, long? length)
        => Range is { Unit: "bytes", From: { } first, To: { } last, Length: { } total }
            && first == from && last == total - 1 && (length ?? total) == total
            && (response.Content.Headers.ContentLength ?? (total - from)) == total - from;

    public Task<Stream> ReadAsync(CancellationToken cancellation) => response.Content.ReadAsStreamAsync(cancellation);

    /// <summary>Turns an answer without contents into the fault it stands for.</summary>
    /// <exception cref="RetryException">Another try may succeed.</exception>
    /// <exception cref="HubAccessDeniedException">The hub wants a token, or another one.</exception>
    /// <exception cref="HubFileNotFoundException">There is no such file.</exception>
    /// <exception cref="DownloadFailedException">Anything else.</exception>
    public void Check(HubFile file, HubOptions options)
    {
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            return;
        int status = (int)response.StatusCode;
        string said = Header(response, "X-Error-Message") is { } message ? $"{status}, {message.TrimEnd('.')}" : $"{status} {response.ReasonPhrase}".TrimEnd();
        string? code = Header(response, "X-Error-Code");
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new HubFileNotFoundException($"{file.Repository}/{file.File}", code == "RevisionNotFound" ? $"it has no revision '{file.Revision}'" : said);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw Denied(file, options, said, code);
        if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || status >= 500)
            throw new RetryException($"the hub answered {said}", RetryAfter());
        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
            throw new DownloadFailedException(file.Name, "the proxy wants a name and a password", "Give -ProxyCredential.");
        throw new DownloadFailedException(file.Name, $"the hub answered {said}");
    }

    public void Dispose() => response.Dispose();

    /// <summary>The SHA-256 that a hub gives for a file that lies elsewhere.</summary>
    public static string? LinkedHash(HttpResponseMessage response) => Hash(Header(response, "X-Linked-ETag"));

    /// <summary>The length that a hub gives for a file that lies elsewhere.</summary>
    public static long? LinkedBytes(HttpResponseMessage response) => long.TryParse(Header(response, "X-Linked-Size"), out long bytes) && bytes >= 0 ? bytes : null;

    /// <summary>The entity tag where it is a SHA-256; of the hub itself alone, because other hosts have tags of that form that mean something else.</summary>
    public static string? HashTag(HttpResponseMessage response) => Hash(response.Headers.ETag?.Tag);

    private static HubAccessDeniedException Denied(HubFile file, HubOptions options, string said, string? code)
        => new($"{file.Repository}/{file.File}", said,
            (code, options.Token) switch
            {
                ("GatedRepo", _) => $"Accept the conditions on {options.Endpoint}{file.Repository}, and give a token of that account with -Token or in HF_TOKEN.",
                (_, null) => "Check the names: a hub says this of a repository that is not there, too. If it is private, give a token with -Token or in HF_TOKEN.",
                _ => "Check that the token is valid, that its account may read the repository, and that the names are right.",
            });

    private TimeSpan? RetryAfter() => response.Headers.RetryAfter switch
    {
        { Delta: { } delay } => delay,
        { Date: { } date } => date > DateTimeOffset.UtcNow ? date - DateTimeOffset.UtcNow : TimeSpan.Zero,
        _ => null,
    };

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    private static string? Hash(string? tag) => tag?.Trim('"') is { } text && HubFile.IsHash(text) ? text.ToLowerInvariant() : null;
}
