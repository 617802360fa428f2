using SkiaSharp;

namespace ZImage.TrainDemoModel;

/// <summary>Draws the training pictures: one bold, centred silhouette with a detail or two on a flat background.</summary>
public static class Drawings
{
    /// <summary>Width and height of every picture in pixels.</summary>
    public const int Size = 128;

    /// <summary>The subjects that can be drawn.</summary>
    public static readonly string[] Subjects =
        ["cat", "fish", "house", "tree", "car", "boat", "flower", "star", "bird", "heart", "moon", "mushroom"];

    /// <summary>The subject colours by name.</summary>
    public static readonly (string Name, SKColor Value)[] Colours =
    [
        ("red", new SKColor(220, 40, 40)), ("orange", new SKColor(245, 135, 25)), ("yellow", new SKColor(250, 220, 50)),
        ("green", new SKColor(50, 160, 70)), ("blue", new SKColor(50, 90, 215)), ("purple", new SKColor(155, 60, 190)),
        ("pink", new SKColor(250, 150, 195)), ("brown", new SKColor(125, 75, 40)), ("black", new SKColor(22, 22, 24)),
        ("white", new SKColor(250, 250, 250)),
    ];

    /// <summary>The colour names that serve as backgrounds.</summary>
    public static readonly string[] Backgrounds = ["white", "black", "blue", "green", "yellow", "pink"];

    /// <summary>The RGB value of a colour name.</summary>
    public static SKColor ColourOf(string name) => Array.Find(Colours, c => c.Name == name).Value;

    /// <summary>Draws a scene with a colour and a background.</summary>
    public static byte[] Draw(Scene scene, Random random) => Draw(scene.Subject, scene.Colour!, scene.Background!, random);

    /// <summary>Draws one picture; the random source decides position, size and small changes of shape.</summary>
    public static byte[] Draw(string subject, string colour, string background, Random random)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Size, Size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(ColourOf(background));
            var scale = Between(random, 0.95f, 1.05f);
            canvas.Translate(Size / 2f + Between(random, -3, 3), Size / 2f + Between(random, -3, 3));
            canvas.Scale(scale * Between(random, 0.98f, 1.02f), scale);
            canvas.RotateDegrees(Between(random, -1.5f, 1.5f));
            using var body = new SKPaint { Color = ColourOf(colour), IsAntialias = true };
            using var detail = new SKPaint { Color = DetailColour(colour), IsAntialias = true };
            var wheels = background == "black" ? new SKColor(170, 170, 170) : new SKColor(60, 60, 60);
            using var outside = new SKPaint { Color = wheels, IsAntialias = true };
            DrawSubject(canvas, subject, body, detail, outside, random);
        }

        return Rgb(bitmap);
    }

    /// <summary>The RGB bytes of a bitmap, rows from the top.</summary>
    public static byte[] Rgb(SKBitmap bitmap)
    {
        var rgba = bitmap.GetPixelSpan();
        var rgb = new byte[bitmap.Width * bitmap.Height * 3];
        for (int i = 0, j = 0; j < rgb.Length; i += 4, j += 3)
        {
            rgb[j] = rgba[i];
            rgb[j + 1] = rgba[i + 1];
            rgb[j + 2] = rgba[i + 2];
        }

        return rgb;
    }

    // Dark details on light colours, light ones on dark colours.
    private static SKColor DetailColour(string colour) => colour is "yellow" or "pink" or "white" or "orange"
        ? new SKColor(22, 22, 24)
        : new SKColor(250, 250, 250);

    private static float Between(Random random, float low, float high) => low + (high - low) * random.NextSingle();

    /// <summary>Draws a subject around the origin, within about 48 pixels on each side.</summary>
    public static void DrawSubject(SKCanvas canvas, string subject, SKPaint body, SKPaint detail, SKPaint outside, Random random)
    {
        switch (subject)
        {
            case "cat":
                canvas.DrawOval(0, 10, 44, 36, body);
                Polygon(canvas, body, -43, 6, -40, -46, -6, -20);
                Polygon(canvas, body, 43, 6, 40, -46, 6, -20);
                canvas.DrawCircle(-17, 2, 7, detail);
                canvas.DrawCircle(17, 2, 7, detail);
                Polygon(canvas, detail, -7, 18, 7, 18, 0, 27);
                break;
            case "fish":
                canvas.DrawOval(-10, 0, 38, 27, body);
                Polygon(canvas, body, 18, 0, 48, -28, 48, 28);
                canvas.DrawCircle(-29, -6, 6, detail);
                break;
            case "house":
                canvas.DrawRect(-34, -8, 68, 54, body);
                Polygon(canvas, body, -48, -6, 0, -48, 48, -6);
                canvas.DrawRect(-9, 16, 18, 30, detail);
                canvas.DrawRect(-28, 2, 14, 13, detail);
                canvas.DrawRect(14, 2, 14, 13, detail);
                break;
            case "tree":
                canvas.DrawRect(-8, 12, 16, 36, body);
                Polygon(canvas, body, -40, 26, 0, -20, 40, 26);
                Polygon(canvas, body, -32, 2, 0, -36, 32, 2);
                Polygon(canvas, body, -23, -20, 0, -49, 23, -20);
                break;
            case "car":
                canvas.DrawRoundRect(-48, -4, 96, 28, 8, 8, body);
                Polygon(canvas, body, -30, 0, -18, -28, 20, -28, 34, 0);
                Polygon(canvas, detail, -20, -4, -13, -21, -1, -21, -1, -4);
                Polygon(canvas, detail, 5, -4, 5, -21, 16, -21, 24, -4);
                canvas.DrawCircle(-25, 24, 13, outside);
                canvas.DrawCircle(25, 24, 13, outside);
                break;
            case "boat":
                Polygon(canvas, body, -48, 18, 48, 18, 30, 44, -30, 44);
                canvas.DrawRect(-4, -48, 7, 68, body);
                Polygon(canvas, body, 7, -46, 42, 10, 7, 10);
                Polygon(canvas, body, -8, -34, -36, 10, -8, 10);
                break;
            case "flower":
                var turn = Between(random, -4, 4);
                for (var i = 0; i < 6; i++)
                {
                    var angle = (turn + i * 60) * MathF.PI / 180;
                    canvas.DrawCircle(30 * MathF.Sin(angle), -30 * MathF.Cos(angle), 17, body);
                }

                canvas.DrawCircle(0, 0, 20, body);
                canvas.DrawCircle(0, 0, 14, detail);
                break;
            case "star":
                Star(canvas, body, 0, 3, 50, 21, 5);
                break;
            case "bird":
                canvas.DrawOval(-4, 16, 36, 26, body);
                canvas.DrawCircle(22, -20, 20, body);
                Polygon(canvas, body, 38, -28, 52, -16, 36, -10);
                Polygon(canvas, body, -24, 28, -52, -16, -18, -2);
                Polygon(canvas, detail, -22, 10, 12, 10, -4, 30);
                canvas.DrawCircle(26, -24, 5, detail);
                break;
            case "heart":
                using (var path = new SKPathBuilder())
                {
                    path.MoveTo(0, 46);
                    path.CubicTo(-70, 2, -46, -58, 0, -22);
                    path.CubicTo(46, -58, 70, 2, 0, 46);
                    path.Close();
                    using var heart = path.Detach();
                    canvas.DrawPath(heart, body);
                }

                break;
            case "moon":
                using (var outer = new SKPathBuilder())
                using (var inner = new SKPathBuilder())
                {
                    outer.AddCircle(-4, 0, 46);
                    inner.AddCircle(20, -4, 40);
                    using var disc = outer.Detach();
                    using var bite = inner.Detach();
                    using var crescent = disc.Op(bite, SKPathOp.Difference);
                    canvas.DrawPath(crescent, body);
                }

                break;
            case "mushroom":
                using (var path = new SKPathBuilder())
                {
                    path.MoveTo(-46, 6);
                    path.CubicTo(-46, -62, 46, -62, 46, 6);
                    path.Close();
                    using var cap = path.Detach();
                    canvas.DrawPath(cap, body);
                }

                canvas.DrawRoundRect(-14, 0, 28, 46, 8, 8, body);
                canvas.DrawCircle(-20, -14, 8, detail);
                canvas.DrawCircle(18, -12, 8, detail);
                canvas.DrawCircle(0, -30, 7, detail);
                break;
            default:
                throw new ArgumentException($"Nobody has taught me to draw a {subject}.", nameof(subject));
        }
    }

    private static void Polygon(SKCanvas canvas, SKPaint paint, params float[] points)
    {
        using var builder = new SKPathBuilder();
        builder.MoveTo(points[0], points[1]);
        for (var i = 2; i < points.Length; i += 2)
        {
            builder.LineTo(points[i], points[i + 1]);
        }

        builder.Close();
        using var path = builder.Detach();
        canvas.DrawPath(path, paint);
    }

    private static void Star(SKCanvas canvas, SKPaint paint, float x, float y, float outer, float inner, int points)
    {
        var corners = new float[points * 4];
        for (var i = 0; i < points * 2; i++)
        {
            var angle = i * MathF.PI / points;
            var radius = i % 2 == 0 ? outer : inner;
            corners[2 * i] = x + radius * MathF.Sin(angle);
            corners[2 * i + 1] = y - radius * MathF.Cos(angle);
        }

        Polygon(canvas, paint, corners);
    }
}
