using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZImage.Engine.Checkpoints;

/// <summary>Turns float values into the bytes of a ggml tensor type and back.</summary>
public static class TensorEncoding
{
    /// <summary>ggml's type numbers.</summary>
    public const int TypeF32 = 0, TypeF16 = 1, TypeQ8_0 = 8, TypeBF16 = 30;

    private const int Q8BlockValues = 32;
    private const int Q8BlockBytes = 2 + Q8BlockValues;

    /// <summary>Encodes values as the given type: F32, F16, BF16 or Q8_0.</summary>
    public static byte[] Encode(int type, ReadOnlySpan<float> values) => type switch
    {
        TypeF32 => MemoryMarshal.AsBytes(values).ToArray(),
        TypeF16 => EncodeF16(values),
        TypeBF16 => EncodeBF16(values),
        TypeQ8_0 => EncodeQ8_0(values),
        _ => throw new NotSupportedException($"Values cannot be encoded as ggml type {type}."),
    };

    /// <summary>Decodes values of the given type: F32, F16, BF16 or Q8_0.</summary>
    public static float[] Decode(int type, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case TypeF32:
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
            case TypeF16:
                return DecodeEach(bytes, static bits => (float)BitConverter.UInt16BitsToHalf(bits));
            case TypeBF16:
                return DecodeEach(bytes, static bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
            case TypeQ8_0:
                return DecodeQ8_0(bytes);
            default:
                throw new NotSupportedException($"Values of ggml type {type} cannot be decoded.");
        }
    }

    /// <summary>Encodes values as IEEE half precision.</summary>
    public static byte[] EncodeF16(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
        }

        return bytes;
    }

    /// <summary>Encodes values as bfloat16, rounded to the nearest even; a NaN stays a NaN.</summary>
    public static byte[] EncodeBF16(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[i]);
            var rounded = float.IsNaN(values[i]) ? (bits >> 16) | 64 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)rounded);
        }

        return bytes;
    }

    /// <summary>Encodes values as Q8_0: blocks of 32 signed bytes with a half-precision scale, the largest value at 127.</summary>
    public static byte[] EncodeQ8_0(ReadOnlySpan<float> values)
    {
        if (values.Length % Q8BlockValues != 0)
        {
            throw new ArgumentException($"Q8_0 holds blocks of {Q8BlockValues} values; {values.Length} is not a multiple.", nameof(values));
        }

        var bytes = new byte[values.Length / Q8BlockValues * Q8BlockBytes];
        for (var block = 0; block < values.Length / Q8BlockValues; block++)
        {
            var source = values.Slice(block * Q8BlockValues, Q8BlockValues);
            var target = bytes.AsSpan(block * Q8BlockBytes, Q8BlockBytes);
            var largest = 0f;
            foreach (var value in source)
            {
                largest = MathF.Max(largest, MathF.Abs(value));
            }

            var scale = largest / 127;
            var inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            for (var i = 0; i < Q8BlockValues; i++)
            {
                target[2 + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
            }
        }

        return bytes;
    }

    private static float[] DecodeQ8_0(ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / Q8BlockBytes * Q8BlockValues];
        for (var i = 0; i < values.Length; i++)
        {
            var block = bytes.Slice(i / Q8BlockValues * Q8BlockBytes, Q8BlockBytes);
            values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (sbyte)block[2 + i % Q8BlockValues];
        }

        return values;
    }

    private static float[] DecodeEach(ReadOnlySpan<byte> bytes, Func<ushort, float> decode)
    {
        var values = new float[bytes.Length / 2];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = decode(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]));
        }

        return values;
    }
}
