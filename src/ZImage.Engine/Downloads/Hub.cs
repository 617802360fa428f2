using System.Net;
using System.Net.Http.Headers;

namespace ZImage.Engine.Downloads;

/// <summary>Asks a hub for files. One for all files of a download, because connections are kept.</summary>
public sealed class Hub : IDisposable
{
    private const int MostRedirects = 10;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);

    private readonly HubOptions _options;
    private readonly DownloadPolicy _policy;
    private readonly HttpClient _client;

    public Hub(HubOptions options, DownloadPolicy? policy = null)
    {
        _options = options;
        _policy = policy ?? DownloadPolicy.Default;
        // Redirects are followed here: the hub's own answer says what the file is, and the token must stay with the hub.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = ConnectLimit, UseCookies = false, DefaultProxyCredentials = options.ProxyCredential };
        if (options.Proxy is { } proxy)
            handler.Proxy = new WebProxy(proxy) { Credentials = options.ProxyCredential };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ZImage", typeof(Hub).Assembly.GetName().Version?.ToString(3)));
    }

    internal DownloadPolicy Policy => _policy;

    internal HubOptions Options => _options;

    /// <summary>Begins to receive a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Bytes that are there already.</param>
    /// <param name="entityTag">What the host called the contents that these bytes are of; with another one it sends the whole file.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="RetryException">Another try may succeed.</exception>
    internal async Task<HubResponse> OpenAsync(HubFile file, long from, EntityTagHeaderValue? entityTag, CancellationToken cancellation)
    {
        Uri address = AddressOf(file);
        (string? Sha256, long? Bytes) linked = default;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            HttpResponseMessage response = await SendAsync(file, Request(address, from, entityTag), cancellation).ConfigureAwait(false);
            bool isHub = IsHub(address);
            if (isHub)
                linked = (HubResponse.LinkedHash(response) ?? linked.Sha256, HubResponse.LinkedBytes(response) ?? linked.Bytes);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                return new HubResponse(response, linked.Sha256 ?? (isHub ? HubResponse.HashTag(response) : null), linked.Bytes);
            response.Dispose();
            address = Next(file, address, location);
        }
        throw new DownloadFailedException(file.Name, $"it was redirected more than {MostRedirects} times");
    }

    /// <summary>Waits for something of a connection, but not for ever.</summary>
    internal async Task<T> WithinLimitAsync<T>(Func<CancellationToken, ValueTask<T>> wait, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_policy.StallLimit);
        try
        {
            return await wait(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new RetryException(FormattableString.Invariant($"nothing came for {_policy.StallLimit.TotalSeconds:0.##} s"), inner: e);
        }
    }

    public void Dispose() => _client.Dispose();

    private Uri AddressOf(HubFile file)
        => new($"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/{Escape(file.Repository)}/resolve/{Uri.EscapeDataString(file.Revision)}/{Escape(file.File)}");

    private HttpRequestMessage Request(Uri address, long from, EntityTagHeaderValue? entityTag)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        if (from > 0 && entityTag is not null)
            request.Headers.IfRange = new RangeConditionHeaderValue(entityTag);
        if (_options.Token is { } token && IsHub(address))
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HubFile file, HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using (request)
            {
                return await WithinLimitAsync(
                    limited => new ValueTask<HttpResponseMessage>(_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited)), cancellation).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ProxyTunnelError || e.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
        {
            throw new DownloadFailedException(file.Name, $"the proxy refuses the way to {request.RequestUri!.Host}", "Check -Proxy and -ProxyCredential, or HTTPS_PROXY in the environment.", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new DownloadFailedException(file.Name, $"{request.RequestUri!.Host} cannot be trusted: {e.InnerException?.Message ?? e.Message}",
                "Check the date of this machine, and whether a proxy that inspects connections has its certificate installed.", e);
        }
        catch (HttpRequestException e)
        {
            throw new RetryException($"{request.RequestUri!.Authority} cannot be reached ({e.Message})", fatalAtFirst: e.HttpRequestError == HttpRequestError.NameResolutionError, inner: e);
        }
    }

    private static Uri Next(HubFile file, Uri address, Uri location)
    {
        var next = new Uri(address, location);
        if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
            throw new DownloadFailedException(file.Name, $"{address.Host} sends on to an address that is not encrypted");
        return next;
    }

    private bool IsHub(Uri address)
        => Uri.Compare(address, _options.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool IsRedirect(HttpStatusCode status)
        => status is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
