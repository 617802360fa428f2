using System.Globalization;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>What runs spend their time on: a bar for each configuration.</summary>
internal static class ReportPhaseChart
{
    private const double Width = 960, Left = 250, Right = 170, Top = 8, Bottom = 36, RowHeight = 30, BarHeight = 20;
    private const int LabelLength = 36;

    // Thinner parts cannot be seen.
    private const double LeastWidth = 0.25;

    public static ReportBlock Draw(ReportSubject subject, string id)
    {
        (ReportRow Row, (ReportPart Part, double Seconds)[] Parts)[] bars = [.. subject.Rows.Select(row => (row, row.Parts().Where(part => part.Seconds > 0).ToArray()))];
        double most = bars.Max(bar => bar.Parts.Sum(part => part.Seconds));
        if (most <= 0)
            return new ReportText("No run came far enough to show what it spends its time on.");
        double bottom = Top + RowHeight * bars.Length;
        var drawing = new ReportDrawing(id, Width, bottom + Bottom, "Time by phases",
            string.Join(" ", bars.Select(bar => $"{bar.Row.Label}: {(bar.Parts.Length == 0 ? bar.Row.Result : string.Join(", ", bar.Parts.Select(part => $"{part.Part} {Seconds(part.Seconds)} s")))}.")));
        var across = new ReportScale(most, Left, Width - Left - Right);
        drawing.Across(across, Top, bottom, "s");
        for (int i = 0; i < bars.Length; i++)
        {
            (ReportRow row, (ReportPart Part, double Seconds)[] parts) = bars[i];
            double top = Top + RowHeight * i + (RowHeight - BarHeight) / 2, text = top + BarHeight - 5, at = 0;
            drawing.Text(Shorten($"{row.Number} {row.Summary.Configuration}"), Left - 10, text, "end");
            foreach ((ReportPart part, double seconds) in parts)
            {
                double width = across.Place(at + seconds) - across.Place(at);
                if (width >= LeastWidth)
                    drawing.Bar(Class("bar", part), across.Place(at), top, width, BarHeight, $"{part} {Seconds(seconds)} s");
                at += seconds;
            }
            drawing.Text(row.Succeeded ? Seconds(at) + " s" : row.Result, across.Place(at) + 6, text);
        }
        ReportPart[] shown = [.. bars.SelectMany(bar => bar.Parts).Select(part => part.Part).Distinct().Order()];
        return new ReportChart(drawing.Root, "Time by phases, loading or taking the model to the configuration's options included; reload is the time in which the computation waited for weights.",
            [.. shown.Select(part => (Class("patch", part), part.ToString()))]);
    }

    // What is left over is grey.
    private static string Class(string kind, ReportPart part)
        => string.Create(CultureInfo.InvariantCulture, $"{kind} c{(part == ReportPart.Other ? ReportMemoryChart.Lines - 1 : (int)part)}");

    private static string Shorten(string text) => text.Length <= LabelLength ? text : text[..(LabelLength - 1)] + "…";
}
