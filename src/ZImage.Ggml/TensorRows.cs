using System.Runtime.InteropServices;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>Stored rows as floats, by ggml's own conversions but for F16.</summary>
public static unsafe class TensorRows
{
    /// <summary>Decodes whole blocks of <paramref name="type"/> from a mapped file.</summary>
    /// <param name="type">Type as stored.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="target">Elements wanted; a multiple of the type's block size.</param>
    public static void Decode(GgmlType type, MappedFile file, long offset, Span<float> target)
    {
        byte* source = file.Pointer(offset, type.RowBytes(target.Length));
        fixed (float* floats = target)
        {
            if (type == GgmlType.F32)
            {
                new ReadOnlySpan<float>(source, target.Length).CopyTo(target);
                return;
            }
            if (type == GgmlType.F16)
            {
                HalfFloats.Widen(new ReadOnlySpan<ushort>(source, target.Length), target);
                return;
            }
            var convert = Native.ggml_get_type_traits(type)->to_float;
            if (convert is null)
                throw new NotSupportedException($"ggml cannot convert {type} to float.");
            convert(source, floats, target.Length);
        }
    }

    /// <summary>Writes floats as elements of F32 or F16, which rounds to the nearest.</summary>
    /// <param name="type">F32 or F16.</param>
    /// <param name="values">The values.</param>
    /// <param name="target">Takes their bytes.</param>
    public static void Encode(GgmlType type, ReadOnlySpan<float> values, Span<byte> target)
    {
        if (type == GgmlType.F32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(target);
            return;
        }
        if (type != GgmlType.F16)
            throw new NotSupportedException($"Floats are not written as {type}.");
        if (target.Length < values.Length * sizeof(ushort))
            throw new ArgumentException($"{values.Length} elements do not fit {target.Length} bytes.", nameof(target));
        fixed (float* source = values)
        fixed (byte* halves = target)
            Native.ggml_get_type_traits(GgmlType.F16)->from_float_ref(source, halves, values.Length);
    }
}
