using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// How a file stores the elements of a tensor: in a type of ggml, in one of the 8-bit floats that ggml lacks, or in a type of which only
/// the name is known here.
/// </summary>
/// <param name="Name">The name in the file's format, for example <c>Q8_0</c> or <c>F8_E4M3</c>.</param>
/// <param name="BlockSize">Elements per block; a row is a multiple of it.</param>
/// <param name="BlockBytes">Bytes per block; 0 when the type is not known.</param>
/// <param name="Ggml">The type of ggml with the same bytes, if there is one.</param>
public sealed record StoredType(string Name, int BlockSize, int BlockBytes, GgmlType? Ggml)
{
    private static readonly Dictionary<GgmlType, StoredType> s_ggml = GgmlTypes.Known.ToDictionary(
        type => type, type => new StoredType(type.ToString(), type.BlockSize(), type.BlockBytes(), type));

    /// <summary>Sign, 4 bits of exponent, 3 of mantissa; up to 448, no infinities. Source: OCP 8-bit floating point specification.</summary>
    public static StoredType Float8E4M3 { get; } = new("F8_E4M3", 1, 1, null);

    /// <summary>Sign, 5 bits of exponent, 2 of mantissa: the upper half of an F16. Source: as above.</summary>
    public static StoredType Float8E5M2 { get; } = new("F8_E5M2", 1, 1, null);

    /// <summary>Whether the size of the elements is known.</summary>
    public bool IsKnown => BlockBytes > 0;

    /// <summary>Whether it is one of the 8-bit floats, which are widened at load.</summary>
    public bool IsFloat8 => this == Float8E4M3 || this == Float8E5M2;

    /// <summary>Whether weights may have the type: known, and no integer or double, nor one of those that ggml has for activations alone.</summary>
    public bool IsWeightType => IsKnown && (Ggml is not null || IsFloat8)
        && Ggml is not (GgmlType.I8 or GgmlType.I16 or GgmlType.I32 or GgmlType.I64 or GgmlType.F64 or GgmlType.Q8_1 or GgmlType.Q8_K);

    /// <summary>The type of a number in a GGUF file; one that is not known keeps its number as its name.</summary>
    public static StoredType Of(GgmlType type) => s_ggml.TryGetValue(type, out StoredType? known) ? known : Unknown($"number {(int)type}");

    /// <summary>A type of which nothing but the name is known.</summary>
    public static StoredType Unknown(string name) => new(name, 1, 0, null);

    public static implicit operator StoredType(GgmlType type) => Of(type);

    /// <summary>Bytes of a row of <paramref name="elements"/> elements, which must be whole blocks.</summary>
    public long RowBytes(long elements) => elements / BlockSize * BlockBytes;

    public override string ToString() => Name;
}
