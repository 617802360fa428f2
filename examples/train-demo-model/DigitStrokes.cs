using SkiaSharp;

namespace ZImage.TrainDemoModel;

/// <summary>Writes numbers in seven-segment strokes: there may be no fonts on the machine.</summary>
public static class DigitStrokes
{
    private const float Width = 5, Height = 10, Advance = 8;

    // Which of the segments a (top) to g (middle) each digit has.
    private static readonly string[] _segments = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"];

    /// <summary>Draws digits and points with the upper left corner at (x, y).</summary>
    public static void Draw(SKCanvas canvas, string number, float x, float y)
    {
        using var paint = new SKPaint { Color = new SKColor(60, 60, 60), StrokeWidth = 1.3f, IsAntialias = true };
        foreach (var character in number)
        {
            if (character == '.')
            {
                canvas.DrawCircle(x, y + Height, 1, paint);
                x += 4;
                continue;
            }

            foreach (var segment in _segments[character - '0'])
            {
                var (x0, y0, x1, y1) = segment switch
                {
                    'a' => (0f, 0f, Width, 0f),
                    'b' => (Width, 0f, Width, Height / 2),
                    'c' => (Width, Height / 2, Width, Height),
                    'd' => (0f, Height, Width, Height),
                    'e' => (0f, Height / 2, 0f, Height),
                    'f' => (0f, 0f, 0f, Height / 2),
                    _ => (0f, Height / 2, Width, Height / 2),
                };
                canvas.DrawLine(x + x0, y + y0, x + x1, y + y1, paint);
            }

            x += Advance;
        }
    }
}
