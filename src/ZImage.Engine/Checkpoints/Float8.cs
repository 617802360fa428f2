namespace ZImage.Engine.Checkpoints;

/// <summary>The values of 8-bit floats. Each is exact in F16 and in F32. Source: OCP 8-bit floating point specification (OFP8).</summary>
internal static class Float8
{
    private const int Codes = 256;

    private static readonly float[] s_e4m3 = [.. Enumerable.Range(0, Codes).Select(DecodeE4M3)];
    private static readonly float[] s_e5m2 = [.. Enumerable.Range(0, Codes).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

    /// <summary>The largest finite value of a type.</summary>
    public static float Largest(StoredType type) => type == StoredType.Float8E4M3 ? 448 : 57344;

    /// <summary>Decodes as many codes as there is room for.</summary>
    public static void Decode(StoredType type, ReadOnlySpan<byte> codes, Span<float> target)
    {
        float[] values = type == StoredType.Float8E4M3 ? s_e4m3 : s_e5m2;
        for (int i = 0; i < target.Length; i++)
            target[i] = values[codes[i]];
    }

    /// <summary>Encodes values, each as the nearest code (of two as near, the even one); what is too large becomes the largest finite one.</summary>
    public static byte[] Encode(StoredType type, ReadOnlySpan<float> values)
    {
        float[] table = (type == StoredType.Float8E4M3 ? s_e4m3 : s_e5m2)[..128];
        int codes = Array.FindLastIndex(table, float.IsFinite) + 1;
        var bytes = new byte[values.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            float magnitude = MathF.Abs(values[i]);
            int code = Array.BinarySearch(table, 0, codes, magnitude);
            if (code < 0)
            {
                int above = Math.Min(~code, codes - 1), below = Math.Max(above - 1, 0);
                float toAbove = table[above] - magnitude, toBelow = magnitude - table[below];
                code = toAbove < toBelow || (toAbove == toBelow && above % 2 == 0) || above == below ? above : below;
            }
            bytes[i] = (byte)(code | (float.IsNegative(values[i]) ? 0x80 : 0));
        }
        return bytes;
    }

    private static float DecodeE4M3(int code)
    {
        int exponent = (code >> 3) & 15, mantissa = code & 7;
        if (exponent == 15 && mantissa == 7)
            return float.NaN;
        float magnitude = exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(8 + mantissa, exponent - 10);
        return code < 128 ? magnitude : -magnitude;
    }
}
