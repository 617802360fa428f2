namespace ZImage.Engine.Sampling.Noise;

/// <summary>
/// Normal deviates of the counter-based generator Philox4x32-10, equal to the <c>cuda</c> generator of
/// stable-diffusion.cpp (and so to torch's on CUDA for one value per thread). Element i of call n depends on the seed,
/// n and i alone, not on how many values a call asks for.
/// </summary>
/// <remarks>Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).</remarks>
public sealed class PhiloxNoise(ulong seed) : INoiseSource
{
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint KeyStep0 = 0x9E3779B9, KeyStep1 = 0xBB67AE85;

    // 2^-32 and 2 pi 2^-32 with the digits of the reference, so that the float32 values are the same.
    private const float Unit = 2.3283064e-10f;
    private const float Turn = Unit * 6.2831855f;

    private uint _calls;

    public void Fill(Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            (uint first, uint second) = Block(_calls, (uint)i);
            destination[i] = BoxMuller(first, second);
        }

        _calls++;
    }

    private (uint First, uint Second) Block(uint call, uint element)
    {
        (uint c0, uint c1, uint c2, uint c3) = (call, 0u, element, 0u);
        (uint key0, uint key1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)c0 * Multiplier0;
            ulong product1 = (ulong)c2 * Multiplier1;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
            key0 += KeyStep0;
            key1 += KeyStep1;
        }

        return (c0, c1);
    }

    // The reference rounds to float32 at exactly these places and computes in double between them.
    private static float BoxMuller(uint first, uint second)
    {
        float u = first * Unit + Unit / 2;
        float angle = second * Turn + Turn / 2;
        float radius = (float)Math.Sqrt(-2 * Math.Log(u));
        return (float)(radius * Math.Sin(angle));
    }
}
