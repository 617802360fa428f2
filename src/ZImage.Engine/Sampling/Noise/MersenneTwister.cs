namespace ZImage.Engine.Sampling.Noise;

/// <summary>The generator MT19937: 32 random bits a call, from a state of 624 words.</summary>
/// <remarks>Source: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number generator" (1998).</remarks>
internal sealed class MersenneTwister
{
    private const int Words = 624, Distance = 397;
    private const uint Twist = 0x9908B0DF, UpperBit = 0x80000000;

    private readonly uint[] _state = new uint[Words];
    private int _next = Words;

    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (int i = 1; i < Words; i++)
            _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + (uint)i;
    }

    public uint Next()
    {
        if (_next == Words)
            Renew();
        uint bits = _state[_next++];
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9D2C5680;
        bits ^= (bits << 15) & 0xEFC60000;
        return bits ^ (bits >> 18);
    }

    private void Renew()
    {
        for (int i = 0; i < Words; i++)
        {
            uint joined = (_state[i] & UpperBit) | (_state[(i + 1) % Words] & ~UpperBit);
            _state[i] = _state[(i + Distance) % Words] ^ (joined >> 1) ^ ((joined & 1) == 0 ? 0 : Twist);
        }
        _next = 0;
    }
}
