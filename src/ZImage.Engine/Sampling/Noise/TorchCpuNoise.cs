namespace ZImage.Engine.Sampling.Noise;

/// <summary>
/// Normal deviates as torch draws them on the CPU, from MT19937. Only the low 32 bits of the seed count. Unlike Philox, the
/// values depend on the length of a call: 16 or more are made in blocks of 16, fewer one by one in double precision.
/// </summary>
public sealed class TorchCpuNoise(ulong seed) : INoiseSource
{
    private const int Block = 16, Half = Block / 2;
    private const int FloatBits = 24, DoubleBits = 53;

    private readonly MersenneTwister _bits = new((uint)seed);
    private double? _kept;

    public void Fill(Span<float> destination)
    {
        if (destination.Length < Block)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = (float)Single();
            return;
        }

        // All uniform values come before the first block is turned into normal ones.
        FillUniform(destination);
        for (int start = 0; start + Block <= destination.Length; start += Block)
            ToNormal(destination.Slice(start, Block));
        if (destination.Length % Block != 0)
        {
            // The last block does not fit: the last 16 values are drawn again.
            Span<float> last = destination[^Block..];
            FillUniform(last);
            ToNormal(last);
        }
    }

    private void FillUniform(Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = (_bits.Next() & ((1u << FloatBits) - 1)) / (float)(1 << FloatBits);
    }

    // Box-Muller: 8 uniform values give the radii, 8 the angles; the cosines come first, then the sines.
    private static void ToNormal(Span<float> block)
    {
        for (int i = 0; i < Half; i++)
        {
            float radius = MathF.Sqrt(-2 * MathF.Log(1 - block[i]));
            float angle = 2 * MathF.PI * block[i + Half];
            block[i] = radius * MathF.Cos(angle);
            block[i + Half] = radius * MathF.Sin(angle);
        }
    }

    // One pair of uniform values gives two deviates; the second is kept for the next request, even of another call.
    private double Single()
    {
        if (_kept is { } kept)
        {
            _kept = null;
            return kept;
        }
        double angle = 2 * Math.PI * Uniform();
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        _kept = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    private double Uniform()
    {
        ulong high = _bits.Next();
        return (((high << 32) | _bits.Next()) & ((1UL << DoubleBits) - 1)) / (double)(1UL << DoubleBits);
    }
}
