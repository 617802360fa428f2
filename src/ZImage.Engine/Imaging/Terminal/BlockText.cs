using System.Globalization;
using System.Text;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>
/// A picture of characters. In colours, an upper half block in each cell: its text colour is the pixel above, its background the pixel below.
/// Without colours, a shade of the two pixels' mean brightness.
/// </summary>
internal static class BlockText
{
    private const char UpperHalf = '▀';
    private const string Shades = " ░▒▓█";
    private const string Reset = "\e[0m";

    /// <param name="text">Takes the lines, each with its end.</param>
    /// <param name="image">A pixel for each column, two rows for each line.</param>
    /// <param name="colors">What the terminal has.</param>
    public static void Write(StringBuilder text, PixelImage image, TerminalColors colors)
    {
        for (int y = 0; y < image.Height; y += 2)
        {
            (string above, string below) = ("", "");
            for (int x = 0; x < image.Width; x++)
            {
                ReadOnlySpan<byte> top = Pixel(image, x, y), bottom = Pixel(image, x, y + 1);
                if (colors == TerminalColors.None)
                {
                    text.Append(Shade(top, bottom));
                    continue;
                }
                // Nothing is said again that holds already.
                (string first, string second) = (Color(top, colors, ofText: true), Color(bottom, colors, ofText: false));
                if (first != above)
                    text.Append(first);
                if (second != below)
                    text.Append(second);
                (above, below) = (first, second);
                text.Append(UpperHalf);
            }
            text.Append(colors == TerminalColors.None ? "" : Reset).Append("\r\n");
        }
    }

    private static ReadOnlySpan<byte> Pixel(PixelImage image, int x, int y) => image.Rgb.AsSpan((y * image.Width + x) * 3, 3);

    private static string Color(ReadOnlySpan<byte> rgb, TerminalColors colors, bool ofText)
    {
        if (colors == TerminalColors.Full)
            return string.Create(CultureInfo.InvariantCulture, $"\e[{(ofText ? 38 : 48)};2;{rgb[0]};{rgb[1]};{rgb[2]}m");
        int number = XtermPalette.Nearest(rgb[0], rgb[1], rgb[2], colors);
        if (colors == TerminalColors.Palette)
            return string.Create(CultureInfo.InvariantCulture, $"\e[{(ofText ? 38 : 48)};5;{number}m");
        // The bright eight have numbers of their own.
        return string.Create(CultureInfo.InvariantCulture, $"\e[{number + (number < 8 ? 30 : 82) + (ofText ? 0 : 10)}m");
    }

    private static char Shade(ReadOnlySpan<byte> top, ReadOnlySpan<byte> bottom)
    {
        float brightness = (Brightness(top) + Brightness(bottom)) / 2 / 255;
        return Shades[Math.Min((int)(brightness * Shades.Length), Shades.Length - 1)];

        static float Brightness(ReadOnlySpan<byte> rgb) => 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
    }
}
