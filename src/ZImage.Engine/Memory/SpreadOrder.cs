namespace ZImage.Engine.Memory;

/// <summary>
/// An order of positions of which every beginning lies evenly over the whole (the van der Corput sequence). Resident blocks chosen in it leave
/// the streamed ones apart, so that each copy has the computation of resident blocks to hide behind.
/// </summary>
internal static class SpreadOrder
{
    /// <summary>The positions 0 to count - 1.</summary>
    public static IEnumerable<int> Of(int count)
    {
        int bits = 0;
        while (1 << bits < count)
            bits++;
        for (int i = 0; i < 1 << bits; i++)
        {
            int reversed = 0;
            for (int bit = 0; bit < bits; bit++)
                reversed |= (i >> bit & 1) << (bits - 1 - bit);
            if (reversed < count)
                yield return reversed;
        }
    }
}
