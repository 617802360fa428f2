using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ZImage.Tests.Downloads;

/// <summary>What a client asked: a path and its headers.</summary>
public sealed record HubRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    /// <summary>First byte of the range that is asked for; null for the whole.</summary>
    public long? From => this["Range"] is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;
}

/// <summary>What the server answers, and how far it gets with it.</summary>
public sealed record HubReply(int Status, byte[]? Body = null, params (string Name, string Value)[] Headers)
{
    /// <summary>Bytes of the body after which the connection is closed.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes of the body after which it says nothing more until <see cref="Gate"/> is open.</summary>
    public int? PauseAfter { get; init; }

    public Task Gate { get; init; } = Task.CompletedTask;
}

/// <summary>A hub on this machine, as badly behaved as a test wants it.</summary>
public sealed class HubServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<HubRequest, HubReply> _answer;

    public HubServer(Func<HubRequest, HubReply> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>A server of one file that does all that it should; the entity tag is made from the contents.</summary>
    public static HubServer Of(byte[] contents) => new(request => Serve(request, contents));

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public ConcurrentQueue<HubRequest> Requests { get; } = new();

    public static string Hash(byte[] contents) => Convert.ToHexStringLower(SHA256.HashData(contents));

    /// <summary>Contents that no two files share.</summary>
    public static byte[] Contents(int bytes = 300_000)
    {
        byte[] contents = new byte[bytes];
        Random.Shared.NextBytes(contents);
        return contents;
    }

    /// <summary>The whole file, or the part that is asked for of the contents that the client knows.</summary>
    public static HubReply Serve(HubRequest request, byte[] contents, string? tag = null)
    {
        tag ??= $"\"{Hash(contents)[..20]}\"";
        if (request.From is not { } from || (request["If-Range"] ?? tag) != tag)
            return new HubReply(200, contents, ("ETag", tag));
        return from >= contents.Length
            ? new HubReply(416, null, ("Content-Range", $"bytes */{contents.Length}"))
            : new HubReply(206, contents[(int)from..], ("ETag", tag), ("Content-Range", $"bytes {from}-{contents.Length - 1}/{contents.Length}"));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using NetworkStream stream = client.GetStream();
                if (await ReadAsync(stream) is not { } request)
                    return;
                Requests.Enqueue(request);
                await WriteAsync(stream, _answer(request));
                client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The client went away, as clients do.
            }
        }
    }

    private async Task<HubRequest?> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            text.Append((char)one[0]);
        }
        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new HubRequest(lines[0].Split(' ')[1], lines[1..].ToDictionary(line => line.Split(": ")[0], line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..], StringComparer.OrdinalIgnoreCase));
    }

    private async Task WriteAsync(NetworkStream stream, HubReply reply)
    {
        byte[] body = reply.Body ?? [];
        string[] head = [$"HTTP/1.1 {reply.Status} Said", $"Content-Length: {body.Length}", "Connection: close", .. reply.Headers.Select(h => $"{h.Name}: {h.Value}")];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", head) + "\r\n\r\n"), _stop.Token);
        if (reply.PauseAfter is { } pause)
        {
            await stream.WriteAsync(body.AsMemory(0, pause), _stop.Token);
            await reply.Gate.WaitAsync(_stop.Token);
            body = body[pause..];
        }
        await stream.WriteAsync(body.AsMemory(0, reply.CutAfter ?? body.Length), _stop.Token);
    }
}
