using System.Security.Cryptography;

namespace ZImage.Engine.Downloads;

/// <summary>SHA-256 of large files, with progress.</summary>
internal static class Checksum
{
    private const int BufferBytes = 1 << 20;

    public static string Of(Stream stream, Action<long> done, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        stream.Position = 0;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done(stream.Position);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
