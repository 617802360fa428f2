using System.Globalization;
using ZImage.Engine.Generation;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>The device's memory over the time of a run: a line for each configuration, and their budgets.</summary>
internal static class ReportMemoryChart
{
    /// <summary>Classes of lines there are; more lines begin again.</summary>
    internal const int Lines = 8;

    private const double Width = 960, Height = 400, Left = 80, Right = 56, Top = 16, Bottom = 36;
    private const double LabelGap = 5, DigitWidth = 8, LabelSpace = 6, LabelHeight = 13;
    private const double Mib = 1 << 20, Gib = 1 << 30;

    // A budget that leaves everything at the foot of the drawing is told and not drawn.
    private const double FarAbove = 2;

    public static ReportBlock Draw(ReportSubject subject, string id)
    {
        ReportRow[] rows = [.. subject.Rows.Where(row => row.Typical.Timeline is { Entries.Count: > 0 })];
        if (rows.Length == 0)
            return new ReportText("No run came far enough to show its memory over time.");
        long most = rows.Max(row => row.Typical.Timeline!.Entries.Max(entry => entry.PeakDeviceBytes));
        double end = rows.Max(row => row.Typical.Timeline!.Entries.Max(End));
        long[] budgets = [.. rows.Select(row => row.Typical.Plan?.BudgetBytes).OfType<long>().Distinct().Order()];
        long[] drawn = [.. budgets.Where(budget => budget <= FarAbove * most)];

        (double unit, string name) = most >= 4 * Gib ? (Gib, "GiB") : (Mib, "MiB");
        var drawing = new ReportDrawing(id, Width, Height, $"Memory of {subject.Device} over time",
            $"{string.Join("; ", rows.Select(row => $"{row.Label} reaches {Bytes(row.Typical.Timeline!.Entries.Max(entry => entry.PeakDeviceBytes))} in {Seconds(row.Typical.Timeline.Entries.Max(End))} s"))}.");
        var across = new ReportScale(end, Left, Width - Left - Right);
        var up = new ReportScale(Math.Max(most, drawn.LastOrDefault()) / unit, Height - Bottom, -(Height - Top - Bottom));
        drawing.Up(up, Left, Width - Right, name);
        drawing.Across(across, Top, Height - Bottom, "s");
        foreach (long budget in drawn)
        {
            drawing.Line("budget", ReportScale.Text(Left), up.At(budget / unit), ReportScale.Text(Width - Right), up.At(budget / unit));
            drawing.Text($"budget {Bytes(budget)}", Width - Right - 4, up.Place(budget / unit) - 5, "end");
        }
        Number(drawing, rows, seconds => across.Place(seconds), bytes => up.Place(bytes / unit));
        for (int i = 0; i < rows.Length; i++)
            drawing.Polyline(Class("line", i), Points(rows[i].Typical.Timeline!.Entries, across, up, unit), rows[i].Label);

        string above = drawn.Length == budgets.Length ? "" : $" Not drawn, for it lies far above: a budget of {Enumerate([.. budgets.Except(drawn).Select(Bytes)])}.";
        return new ReportChart(drawing.Root, $"Memory of {subject.Device} over time: one run of each configuration, the one nearest to its median.{above}",
            [.. rows.Select((row, i) => (Class("patch", i), $"{row.Number} {row.Summary.Configuration}"))]);
    }

    // The number of each row where its line ends, beside or around those that end there too.
    private static void Number(ReportDrawing drawing, IEnumerable<ReportRow> rows, Func<double, double> across, Func<long, double> up)
    {
        List<(double X, double Y, double Width)> taken = [];
        foreach (ReportRow row in rows)
        {
            TimelineEntry last = row.Typical.Timeline!.Entries.MaxBy(End)!;
            (double X, double Y) end = (across(End(last)) + LabelGap, up(last.DeviceBytes) + LabelHeight / 3);
            double width = DigitWidth * row.Number.Length;
            (double x, double y) = Places(end, width)
                .Where(place => !taken.Any(other => place.X < other.X + other.Width && other.X < place.X + width + LabelSpace && Math.Abs(other.Y - place.Y) < LabelHeight))
                .DefaultIfEmpty(end).First();
            taken.Add((x, y, width + LabelSpace));
            drawing.Text(row.Number, x, y);
        }
    }

    // To the right as far as the drawing goes, then the same above, below, further above.
    private static IEnumerable<(double X, double Y)> Places((double X, double Y) end, double width)
    {
        for (int i = 0; i * LabelHeight < 2 * Height; i++)
        {
            double y = end.Y + (i + 1) / 2 * LabelHeight * (i % 2 == 0 ? 1 : -1);
            if (i > 0 && y is < LabelHeight or > Height - Bottom)
                continue;
            for (double x = end.X; x + width <= Width; x += width + LabelSpace)
                yield return (x, y);
        }
    }

    private static string Class(string kind, int index) => string.Create(CultureInfo.InvariantCulture, $"{kind} c{index % Lines}");

    private static double End(TimelineEntry entry) => entry.StartSeconds + entry.DurationSeconds;

    // A part has its peak from its beginning to its end, where what it leaves there remains until the next.
    private static string Points(IReadOnlyList<TimelineEntry> entries, ReportScale across, ReportScale up, double unit)
    {
        TimelineEntry[] ordered = [.. entries.OrderBy(entry => entry.StartSeconds)];
        return string.Join(' ', ordered.SelectMany(entry => new[]
        {
            Point(entry.StartSeconds, entry.PeakDeviceBytes), Point(End(entry), entry.PeakDeviceBytes), Point(End(entry), entry.DeviceBytes),
        }));

        string Point(double seconds, long bytes) => $"{across.At(seconds)},{up.At(bytes / unit)}";
    }
}
