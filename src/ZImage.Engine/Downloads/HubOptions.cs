using System.Net;

namespace ZImage.Engine.Downloads;

/// <summary>Which hub is asked, on which way, and with which token.</summary>
public sealed record HubOptions
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Address of the hub.</summary>
    public Uri Endpoint { get; private init; } = new(DefaultEndpoint);

    /// <summary>Says who asks; goes to the hub alone, never to a host that it redirects to.</summary>
    internal string? Token { get; private init; }

    /// <summary>Address of the proxy; null for the one that the environment names, as .NET does.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Name and password for the proxy; null for none.</summary>
    public NetworkCredential? ProxyCredential { get; init; }

    /// <summary>
    /// The given settings; what is null comes from the environment: the endpoint from <c>HF_ENDPOINT</c>, the token from <c>HF_TOKEN</c> or the file
    /// that <c>hf auth login</c> writes. A token of the environment is meant for the hub of the environment and does not go to another endpoint.
    /// </summary>
    /// <exception cref="InvalidHubEndpointException">The endpoint is not an http or https address.</exception>
    public static HubOptions Create(string? endpoint = null, string? token = null)
    {
        string address = endpoint ?? Variable("HF_ENDPOINT") ?? DefaultEndpoint;
        if (!Uri.TryCreate(address.TrimEnd('/'), UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
            throw new InvalidHubEndpointException(address);
        return new HubOptions { Endpoint = uri, Token = token ?? (endpoint is null ? EnvironmentToken() : null) };
    }

    // Of a record, ToString would print all of it.
    public override string ToString() => Endpoint.ToString();

    private static string? EnvironmentToken()
    {
        if ((Variable("HF_TOKEN") ?? Variable("HUGGING_FACE_HUB_TOKEN")) is { } token)
            return token;
        try
        {
            return File.ReadAllText(TokenPath()).Trim() is { Length: > 0 } written ? written : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string TokenPath()
        => Variable("HF_TOKEN_PATH") ?? Path.Combine(Variable("HF_HOME") ?? Path.Combine(
            Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface"), "token");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
