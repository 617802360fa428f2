namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The named values that a model file carries beside its tensors. A missing key gives null; a value of another kind, or one that
/// does not fit, is a <see cref="ModelFileCorruptException"/>. Integers of any width are read as the wanted one when they fit.
/// </summary>
public abstract class CheckpointMetadata
{
    public abstract IEnumerable<string> Keys { get; }

    public int Count => Keys.Count();

    public bool Contains(string key) => Keys.Contains(key, StringComparer.Ordinal);

    /// <summary>Number of elements of an array, without decoding it; null when the key is missing or no array.</summary>
    public abstract long? GetArrayLength(string key);

    public abstract string? GetString(string key);

    public abstract bool? GetBoolean(string key);

    public abstract int? GetInt32(string key);

    public abstract long? GetInt64(string key);

    public abstract ulong? GetUInt64(string key);

    public float? GetSingle(string key) => (float?)GetDouble(key);

    /// <summary>A floating-point value; integers are converted.</summary>
    public abstract double? GetDouble(string key);

    public abstract string[]? GetStrings(string key);

    public abstract int[]? GetInt32s(string key);

    public abstract float[]? GetSingles(string key);
}
