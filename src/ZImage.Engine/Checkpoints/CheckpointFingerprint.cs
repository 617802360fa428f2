using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
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
    /// <exception cref="ModelFileUnreadableException">A file cannot be read any more.</exception>
    public static string Compute(IReadOnlyList<ShardHeader> shards)
        => shards is [ShardHeader only]
            ? Compute(only.File, only.DataOffset)
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(shards.Select(shard => Compute(shard.File, shard.DataOffset))))));

    private delegate int Read(long offset, Span<byte> target);

    private static string Compute(MappedFile file, long dataOffset)
    {
        long start = Math.Min(dataOffset, file.Length);
        if (file is MemoryFile)
            return Compute((offset, target) => CopyOf(file.Span(offset, target.Length), target), file.Length, start);
        try
        {
            // Not from the mapping: the system reads megabytes around each page that is touched there.
            using SafeFileHandle handle = File.OpenHandle(file.Path, options: FileOptions.RandomAccess);
            return Compute((offset, target) => RandomAccess.Read(handle, target, offset), file.Length, start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileUnreadableException(file.Path, e.Message, e);
        }
    }

    private static int CopyOf(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        bytes.CopyTo(target);
        return bytes.Length;
    }

    private static string Compute(Read read, long fileLength, long start)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, read, 0, start);

        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, fileLength);
        hash.AppendData(length);

        long data = fileLength - start;
        if (data <= 2L * EndBytes + Samples * SampleBytes)
        {
            Append(hash, read, start, data);
        }
        else
        {
            Append(hash, read, start, EndBytes);
            for (int i = 0; i < Samples; i++)
                Append(hash, read, start + (data - SampleBytes) / (Samples - 1) * i, SampleBytes);
            Append(hash, read, fileLength - EndBytes, EndBytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, Read read, long offset, long bytes)
    {
        const int Chunk = 1 << 20;
        var buffer = new byte[(int)Math.Min(Chunk, bytes)];
        for (long done = 0; done < bytes;)
        {
            int count = read(offset + done, buffer.AsSpan(0, (int)Math.Min(Chunk, bytes - done)));
            if (count == 0)
                throw new EndOfStreamException("The file has become shorter.");
            hash.AppendData(buffer, 0, count);
            done += count;
        }
    }
}
