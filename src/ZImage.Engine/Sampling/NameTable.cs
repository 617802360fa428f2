namespace ZImage.Engine.Sampling;

/// <summary>Things that users choose by name; case does not count.</summary>
internal sealed class NameTable<T>(Func<T, string> nameOf, IReadOnlyList<T> items)
    where T : class
{
    private readonly Dictionary<string, T> _byName = items.ToDictionary(nameOf, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> Names { get; } = [.. items.Select(nameOf).Order(StringComparer.Ordinal)];

    public T? Find(string name) => _byName.GetValueOrDefault(name);
}
