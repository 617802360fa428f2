namespace ZImage.Engine.Sampling;

/// <summary>
/// Things that users choose by name. Case, blanks, underscores and hyphens do not count, and <c>++</c> is the same as <c>pp</c>:
/// so <c>DPM++ 2M</c>, <c>dpmpp_2m</c> and <c>dpm++2m</c> are one name.
/// </summary>
internal sealed class NameTable<T>
    where T : class
{
    private readonly Dictionary<string, T> _byKey = [];

    /// <param name="nameOf">The name of a thing, as it is listed.</param>
    /// <param name="otherNamesOf">What other programs call it.</param>
    /// <param name="items">The things; no name may belong to two of them.</param>
    public NameTable(Func<T, string> nameOf, Func<T, IEnumerable<string>> otherNamesOf, IReadOnlyList<T> items)
    {
        Names = [.. items.Select(nameOf).Order(StringComparer.Ordinal)];
        foreach (T item in items)
        {
            foreach (string key in otherNamesOf(item).Prepend(nameOf(item)).Select(NameKey.Of).Distinct())
                _byKey.Add(key, item);
        }
    }

    /// <summary>The names, sorted, without those of other programs.</summary>
    public IReadOnlyList<string> Names { get; }

    public T? Find(string name) => _byKey.GetValueOrDefault(NameKey.Of(name));
}
