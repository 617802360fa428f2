using System.Globalization;
using System.Numerics;

namespace ZImage.Engine.Checkpoints;

/// <summary>Values that are all texts, as in the <c>__metadata__</c> of a safetensors file. Numbers are read in the invariant culture; there are no arrays.</summary>
internal sealed class TextMetadata(string path, IReadOnlyDictionary<string, string> texts) : CheckpointMetadata
{
    public override IEnumerable<string> Keys => texts.Keys;

    public override long? GetArrayLength(string key) => null;

    public override string? GetString(string key) => texts.GetValueOrDefault(key);

    public override bool? GetBoolean(string key)
        => GetString(key) is not { } text ? null : bool.TryParse(text, out bool value) ? value : throw WrongKind(key, text, "true or false");

    public override int? GetInt32(string key) => Number<int>(key);

    public override long? GetInt64(string key) => Number<long>(key);

    public override ulong? GetUInt64(string key) => Number<ulong>(key);

    public override double? GetDouble(string key) => Number<double>(key);

    public override string[]? GetStrings(string key) => NoArray<string>(key);

    public override int[]? GetInt32s(string key) => NoArray<int>(key);

    public override float[]? GetSingles(string key) => NoArray<float>(key);

    private T? Number<T>(string key) where T : struct, INumber<T>
        => GetString(key) is not { } text ? null
            : T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) ? value
            : throw WrongKind(key, text, $"a number of the kind {typeof(T).Name}");

    private T[]? NoArray<T>(string key) => GetString(key) is { } text ? throw WrongKind(key, text, "an array") : null;

    private ModelFileCorruptException WrongKind(string key, string text, string wanted)
        => new(path, $"its metadata '{key}' is the text '{text}' where {wanted} is expected");
}
