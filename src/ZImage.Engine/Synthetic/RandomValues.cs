using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>
/// Random weights at the speed of memory, the same on every machine: a few megabytes are drawn for each type and deviation, and a tensor is
/// filled with runs of them that begin at places of its own.
/// </summary>
/// <param name="seed">What all is drawn from.</param>
internal sealed class RandomValues(ulong seed)
{
    // A prime number of blocks, so that runs do not line up with rows.
    private const int PoolBlocks = 32749, BlockElements = 32;
    private const int RunBlocks = 16384;

    private readonly float[] _unit = Normal(seed, PoolBlocks * BlockElements);
    private readonly ConcurrentDictionary<(GgmlType Type, float Deviation), byte[]> _pools = [];

    /// <summary>Pieces of a tensor that are filled one by one, in any order.</summary>
    public static IEnumerable<(long Start, int Bytes)> Pieces(SyntheticTensor tensor)
    {
        int most = tensor.Type != GgmlType.F32 ? RunBlocks * (int)tensor.Type.RowBytes(BlockElements) : int.MaxValue;
        for (long start = 0; start < tensor.Bytes; start += most)
            yield return (start, (int)Math.Min(most, tensor.Bytes - start));
    }

    /// <summary>The bytes of a piece.</summary>
    public ReadOnlySpan<byte> Draw(SyntheticTensor tensor, long start, int bytes)
    {
        ulong place = Mix(Hash(tensor.Name) ^ seed);
        if (tensor.Type == GgmlType.F32)
            return MemoryMarshal.AsBytes(Scale(Normal(place, bytes / sizeof(float)), tensor.Mean, tensor.Deviation).AsSpan());
        byte[] pool = _pools.GetOrAdd((tensor.Type, tensor.Deviation), kind => TensorEncoding.Encode((int)kind.Type, Scale([.. _unit], 0, kind.Deviation)));
        int block = (int)tensor.Type.RowBytes(BlockElements), blocks = (bytes + block - 1) / block;
        int first = (int)(Mix(place + (ulong)start) % (ulong)(PoolBlocks - blocks + 1));
        return pool.AsSpan(first * block, bytes);
    }

    private static float[] Scale(float[] values, float mean, float deviation)
    {
        foreach (ref float value in values.AsSpan())
            value = mean + value * deviation;
        return values;
    }

    // The sum of eight random bytes is near enough to a normal distribution, and needs no function that systems round differently.
    private static float[] Normal(ulong seed, int count)
    {
        const float Mean = 8 * 255 / 2f;
        float deviation = MathF.Sqrt(8 * 65535 / 12f);
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            ulong bits = Mix(seed + (ulong)i);
            ulong pairs = (bits & 0x00FF00FF00FF00FF) + (bits >> 8 & 0x00FF00FF00FF00FF);
            values[i] = ((pairs * 0x0001000100010001 >> 48) - Mean) / deviation;
        }
        return values;
    }

    // SplitMix64: the bits of consecutive numbers, stirred until they look unrelated.
    private static ulong Mix(ulong value)
    {
        value = (value + 1) * 0x9E3779B97F4A7C15;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }

    private static ulong Hash(string name)
        => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
