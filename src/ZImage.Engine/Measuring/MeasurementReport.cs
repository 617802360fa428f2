using System.Globalization;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>
/// A report on measured runs: environment, model, matrix, legend, what the runs show, and what to do. Everything in it comes from the runs; what
/// they do not know is left out.
/// </summary>
public sealed class MeasurementReport
{
    private MeasurementReport(IReadOnlyList<GenerationMeasurement> runs, string? title, DateTimeOffset date)
    {
        IReadOnlyList<ReportSubject> subjects = ReportSubject.Of(runs);
        int rows = subjects.Sum(subject => subject.Rows.Count);
        string devices = Enumerate([.. subjects.Select(subject => subject.Context?.Environment.DeviceName ?? subject.Device).Distinct()]);
        Title = title ?? $"{Enumerate([.. subjects.Select(subject => subject.Model).Distinct()])} on {devices}";
        Dated = $"{Count(runs.Count, "run")} of {Count(rows, "configuration")}, {date.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}";
        Sections = [.. subjects.SelectMany((subject, i) => Of(subject, i, subjects.Count > 1))];
    }

    public string Title { get; }

    /// <summary>How much was measured, and when.</summary>
    public string Dated { get; }

    internal IReadOnlyList<ReportSection> Sections { get; }

    /// <summary>Makes a report.</summary>
    /// <param name="runs">At least one run; those of one model on one device are compared with each other.</param>
    /// <param name="title">Its title; null for model and device.</param>
    /// <param name="date">Its date; null for that of the first run that knows it, or else now.</param>
    /// <exception cref="NothingMeasuredException">There are no runs.</exception>
    public static MeasurementReport Of(IReadOnlyList<GenerationMeasurement> runs, string? title = null, DateTimeOffset? date = null)
        => runs.Count == 0
            ? throw new NothingMeasuredException()
            : new MeasurementReport(runs, title, date ?? runs.Select(run => run.Context?.Started).FirstOrDefault(started => started is not null) ?? DateTimeOffset.Now);

    /// <summary>The report in a format, as text.</summary>
    public string Write(ReportFormat format) => format == ReportFormat.Html ? ReportHtml.Write(this) : ReportMarkdown.Write(this);

    private static IEnumerable<ReportSection> Of(ReportSubject subject, int index, bool named)
    {
        ReportSection matrix = ReportMatrix.Table(subject);
        string id = string.Create(CultureInfo.InvariantCulture, $"chart{index + 1}");
        ReportSection charts = new("Charts", [ReportMemoryChart.Draw(subject, id + "-memory"), ReportPhaseChart.Draw(subject, id + "-phases")]);
        ReportSection?[] sections =
        [
            ReportEnvironment.Machine(subject), ReportEnvironment.Model(subject), matrix, charts.Blocks.OfType<ReportChart>().Any() ? charts : null, ReportMatrix.Legend(subject),
            ReportAnalysis.Of(subject), ReportRecommendation.Of(subject),
        ];
        return sections.OfType<ReportSection>().Select(section => named ? section with { Title = $"{section.Title}: {subject.Name}" } : section);
    }
}
