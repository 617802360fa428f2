using System.Globalization;
using SkiaSharp;

namespace ZImage.TrainDemoModel;

/// <summary>Puts the loss curve and a contact sheet beside the model.</summary>
public static class Report
{
    private const int Columns = 10;
    private const int ShownSize = 96;

    /// <summary>Writes loss.csv, loss.png and contact-sheet.png.</summary>
    public static void Write(string state, string model, Evaluation evaluation)
    {
        var rows = File.ReadLines(Path.Combine(state, "loss.csv"))
            .Select(line => line.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())
            .GroupBy(row => (int)row[0]).Select(group => group.Last()).OrderBy(row => row[0]).ToList();
        var lines = rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row[0]},{row[1]},{row[2]:f5},{row[3]:g4}"));
        File.WriteAllLines(Path.Combine(model, "loss.csv"), lines.Prepend("step,seconds,loss,learning rate"));
        WriteCurve(Path.Combine(model, "loss.png"), rows);

        // One row for each subject, in every colour, on the backgrounds in turn.
        var questions = new List<Question>();
        for (var s = 0; s < Drawings.Subjects.Length; s++)
        {
            for (var c = 0; c < Drawings.Colours.Length; c++)
            {
                var colour = Drawings.Colours[c].Name;
                var background = Drawings.Backgrounds[(s + c) % Drawings.Backgrounds.Length];
                if (background == colour)
                {
                    background = Drawings.Backgrounds[(s + c + 1) % Drawings.Backgrounds.Length];
                }

                var scene = new Scene(Drawings.Subjects[s], colour, background);
                questions.Add(new Question(Prompts.Plain(scene), scene.Subject, colour, background, false, 100 + questions.Count));
            }
        }

        Pictures.WriteSheet(Path.Combine(model, "contact-sheet.png"), evaluation.Draw(questions, 8), Drawings.Size, Columns, ShownSize);
    }

    // The loss over the steps, on a logarithmic scale.
    private static void WriteCurve(string path, List<double[]> rows)
    {
        const int width = 900, height = 450, left = 60, right = 20, top = 20, bottom = 40;
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        using (var grid = new SKPaint { Color = new SKColor(220, 220, 220), StrokeWidth = 1 })
        using (var line = new SKPaint { Color = new SKColor(50, 90, 215), StrokeWidth = 1.5f, IsAntialias = true, IsStroke = true })
        {
            canvas.Clear(SKColors.White);
            var steps = rows[^1][0];
            var low = Math.Floor(Math.Log10(rows.Min(r => r[2])) * 10) / 10;
            var high = Math.Ceiling(Math.Log10(rows.Max(r => r[2])) * 10) / 10;
            for (var tenth = 1; tenth <= 40; tenth++)
            {
                // Lines at 0.1, 0.2 ... 1, 2, ...
                var value = tenth <= 10 ? tenth * 0.1 : tenth - 9;
                if (Math.Log10(value) >= low && Math.Log10(value) <= high)
                {
                    canvas.DrawLine(left, Y(value), width - right, Y(value), grid);
                    DigitStrokes.Draw(canvas, value.ToString("0.#", CultureInfo.InvariantCulture), left - 40, Y(value) - 6);
                }
            }

            for (var step = 0; step <= steps; step += 1000)
            {
                canvas.DrawLine(X(step), top, X(step), height - bottom, grid);
                DigitStrokes.Draw(canvas, step.ToString(CultureInfo.InvariantCulture), X(step) - 16, height - bottom + 10);
            }

            using var builder = new SKPathBuilder();
            builder.MoveTo(X(rows[0][0]), Y(rows[0][2]));
            foreach (var row in rows.Skip(1))
            {
                builder.LineTo(X(row[0]), Y(row[2]));
            }

            using var curve = builder.Detach();
            canvas.DrawPath(curve, line);

            float X(double step) => (float)(left + step / steps * (width - left - right));
            float Y(double value) => (float)(top + (high - Math.Log10(value)) / (high - low) * (height - top - bottom));
        }

        Pictures.WritePng(path, bitmap);
    }
}
