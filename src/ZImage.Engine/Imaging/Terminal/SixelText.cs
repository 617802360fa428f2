using System.Globalization;
using System.Numerics;
using System.Text;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>
/// Sixel graphics: bands of six rows, each drawn once for every colour in it. A character stands for six pixels of a column, lowest bit at the
/// top; runs of a character are counted. Colours are given in percent.
/// </summary>
internal static class SixelText
{
    private const int BandRows = 6, MostColors = 256, ShortRun = 3;
    private const char FirstCharacter = '?';

    public static void Write(StringBuilder text, PixelImage image)
    {
        var palette = new ColorPalette(image, MostColors);
        // 1 is the shape of pixels; the second 1 leaves alone what is not drawn. Then the size, so that the terminal can make room at once.
        text.Append(CultureInfo.InvariantCulture, $"\eP0;1;0q\"1;1;{image.Width};{image.Height}");
        for (int i = 0; i < palette.Colors.Count; i++)
        {
            Vector3 color = palette.Colors[i];
            text.Append(CultureInfo.InvariantCulture, $"#{i};2;{Percent(color.X)};{Percent(color.Y)};{Percent(color.Z)}");
        }
        var columns = new byte[palette.Colors.Count][];
        for (int top = 0; top < image.Height; top += BandRows)
        {
            if (top > 0)
                text.Append('-');
            WriteBand(text, image, palette, top, columns);
        }
        text.Append("\e\\");
    }

    private static void WriteBand(StringBuilder text, PixelImage image, ColorPalette palette, int top, byte[]?[] columns)
    {
        Array.Clear(columns);
        for (int row = 0; row < Math.Min(BandRows, image.Height - top); row++)
        {
            ReadOnlySpan<byte> line = image.Rgb.AsSpan((top + row) * image.Width * 3, image.Width * 3);
            for (int x = 0; x < image.Width; x++)
            {
                byte[] column = columns[palette.IndexOf(line[x * 3], line[x * 3 + 1], line[x * 3 + 2])] ??= new byte[image.Width];
                column[x] |= (byte)(1 << row);
            }
        }
        bool first = true;
        for (int color = 0; color < columns.Length; color++)
        {
            if (columns[color] is not { } sixels)
                continue;
            if (!first)
                text.Append('$');
            first = false;
            text.Append(CultureInfo.InvariantCulture, $"#{color}");
            WriteRuns(text, sixels);
        }
    }

    private static void WriteRuns(StringBuilder text, byte[] sixels)
    {
        // Nothing need be said of the empty end of a line.
        int end = sixels.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        for (int x = 0; x < end;)
        {
            int run = 1;
            while (x + run < end && sixels[x + run] == sixels[x])
                run++;
            char character = (char)(FirstCharacter + sixels[x]);
            if (run > ShortRun)
                text.Append(CultureInfo.InvariantCulture, $"!{run}{character}");
            else
                text.Append(character, run);
            x += run;
        }
    }

    private static int Percent(float value) => (int)MathF.Round(value * 100 / 255);
}
