using System.Globalization;

namespace ZImage.PowerShell.Binding;

/// <summary>Width and height in pixels, written as <c>1024x768</c>.</summary>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Reads <c>1024x768</c>, and <c>1024</c> for a square.</summary>
    public static bool TryParse(string text, out ImageSize size)
    {
        string[] parts = text.Trim().Split(['x', 'X', '×', '*'], StringSplitOptions.TrimEntries);
        size = default;
        if (parts.Length is < 1 or > 2 || !TryParsePixels(parts[0], out int width) || !TryParsePixels(parts[^1], out int height))
            return false;
        size = new ImageSize(width, height);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    private static bool TryParsePixels(string text, out int pixels) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pixels);
}
