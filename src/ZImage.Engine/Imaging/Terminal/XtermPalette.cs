using System.Numerics;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>The 256 colours of xterm: 16 of the VGA palette, a cube of 6x6x6, and 24 shades of grey.</summary>
internal static class XtermPalette
{
    private const int Named = 16;

    private static readonly int[] s_cube = [0, 95, 135, 175, 215, 255];

    /// <summary>Red, green and blue of each, 0 to 255. Users choose the first 16 for themselves; these are the usual ones.</summary>
    public static IReadOnlyList<Vector3> Colors { get; } =
    [
        .. Enumerable.Range(0, Named).Select(i => i == 7 ? new Vector3(192) : i == 8 ? new Vector3(128) : new Vector3(i & 1, i >> 1 & 1, i >> 2 & 1) * (i > 8 ? 255 : 128)),
        .. s_cube.SelectMany(red => s_cube.SelectMany(green => s_cube.Select(blue => new Vector3(red, green, blue)))),
        .. Enumerable.Range(0, 24).Select(i => new Vector3(8 + 10 * i)),
    ];

    /// <summary>The number of the nearest colour.</summary>
    public static int Nearest(byte red, byte green, byte blue, TerminalColors colors)
    {
        var color = new Vector3(red, green, blue);
        // Of the 256 those that are the same for all users.
        (int first, int end) = colors == TerminalColors.Sixteen ? (0, Named) : (Named, Colors.Count);
        int nearest = first;
        for (int i = first + 1; i < end; i++)
        {
            if (Vector3.DistanceSquared(Colors[i], color) < Vector3.DistanceSquared(Colors[nearest], color))
                nearest = i;
        }
        return nearest;
    }
}
