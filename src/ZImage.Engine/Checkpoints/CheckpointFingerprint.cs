using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The identity of a model file at little cost: SHA-256 over the header (metadata and tensor descriptions), the file length,
/// and samples of the tensor data. Files that differ only in bytes that no sample meets share it, so it names a model and proves nothing.
/// </summary>
internal static class CheckpointFingerprint
{
    private const int EndBytes = 64 * 1024;
    private const int Samples = 64;
    private const int SampleBytes = 4 * 1024;

    /// <summary>64 lower-case hex digits. That of several shards is the SHA-256 over those of each, in order.</summary>
    public static string Compute(IReadOnlyList<ShardHeader> shards)
        => shards is [ShardHeader only]
            ? Compute(only.File, only.DataOffset)
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(shards.Select(shard => Compute(shard.File, shard.DataOffset))))));

    private static string Compute(MappedFile file, long dataOffset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, file, 0, Math.Min(dataOffset, file.Length));

        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, file.Length);
        hash.AppendData(length);

        long start = Math.Min(dataOffset, file.Length);
        long data = file.Length - start;
        if (data <= 2L * EndBytes + Samples * SampleBytes)
        {
            Append(hash, file, start, data);
        }
        else
        {
            Append(hash, file, start, EndBytes);
            for (int i = 0; i < Samples; i++)
                Append(hash, file, start + (data - SampleBytes) / (Samples - 1) * i, SampleBytes);
            Append(hash, file, file.Length - EndBytes, EndBytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, MappedFile file, long offset, long bytes)
    {
        const int Chunk = 1 << 20;
        for (long done = 0; done < bytes; done += Chunk)
            hash.AppendData(file.Span(offset + done, (int)Math.Min(Chunk, bytes - done)));
    }
}
