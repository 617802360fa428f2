namespace ZImage.Engine.Checkpoints;

/// <summary>Kinds of metadata values, numbered as in GGUF files.</summary>
internal enum GgufValueKind
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

internal static class GgufValueKinds
{
    /// <summary>Bytes of a value of fixed size; 0 for strings, arrays and unknown kinds.</summary>
    public static int FixedBytes(this GgufValueKind kind) => kind switch
    {
        GgufValueKind.UInt8 or GgufValueKind.Int8 or GgufValueKind.Bool => 1,
        GgufValueKind.UInt16 or GgufValueKind.Int16 => 2,
        GgufValueKind.UInt32 or GgufValueKind.Int32 or GgufValueKind.Float32 => 4,
        GgufValueKind.UInt64 or GgufValueKind.Int64 or GgufValueKind.Float64 => 8,
        _ => 0,
    };
}

/// <summary>Where a metadata value lies. For an array, <paramref name="Kind"/> is that of its elements and the place that of the first.</summary>
internal readonly record struct GgufValue(GgufValueKind Kind, bool IsArray, long Offset, long Count);
