using System.Text;

namespace ZImage.Engine.Sampling;

/// <summary>What is left of a name when its spelling does not count.</summary>
internal static class NameKey
{
    public static string Of(string name)
    {
        var key = new StringBuilder(name.Length);
        foreach (char c in name.Replace("++", "pp", StringComparison.Ordinal).Where(c => !char.IsWhiteSpace(c) && c is not ('_' or '-')))
            key.Append(char.ToLowerInvariant(c));
        return key.ToString();
    }
}
