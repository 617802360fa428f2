using System.Globalization;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>The table of all configurations, and the legend to it.</summary>
internal static class ReportMatrix
{
    private sealed record Column(string Title, Func<ReportRow, string> Cell, string Meaning, bool IsNumber = true);

    private static readonly Column[] s_columns =
    [
        new("#", row => row.Number, "", IsNumber: true),
        new("Configuration", row => row.Summary.Configuration, "", IsNumber: false),
        new("Result", row => row.Result, "", IsNumber: false),
        new("Pictures", row => row.Settings.BatchSize.ToString(CultureInfo.InvariantCulture), "pictures that were made together"),
        new("Time (s)", row => Seconds(row.Summary.Duration?.Median), "from the request to the pixels; the median of the successful runs, without loading"),
        new("Range (s)", Range, "the shortest and the longest of these runs"),
        new("Step (s)", row => Seconds(row.Summary.Step?.Median), "one step of the sampler"),
        new("Decode (s)", row => Seconds(row.Summary.Decode?.Median), "from the latent picture to pixels"),
        new("Peak (MiB)", row => Mebibytes(row.Summary.PeakDeviceBytes), "most memory of the device at any time, weights included"),
        new("Planned (MiB)", row => Mebibytes(row.Summary.PredictedPeakBytes), "what the plan had said of that before anything was moved"),
        new("Host (MiB)", row => Mebibytes(row.PeakHostBytes), "most pinned memory of the machine: weights that wait for their return, and staging"),
        new("Moved (MiB)", row => Mebibytes(row.Summary.UploadedBytes), "weights that came to the device in a run"),
        new("Planned (s)", row => Seconds(row.Summary.PredictedSeconds), "the time that the plan had expected"),
    ];

    public static ReportSection Table(ReportSubject subject)
    {
        Column[] columns = Columns(subject);
        List<ReportBlock> blocks = [new ReportText(Pictures(subject)), new ReportTable([.. columns.Select(column => new ReportColumn(column.Title, column.IsNumber))],
            [.. subject.Rows.Select(row => columns.Select(column => column.Cell(row)).ToArray())])];
        string[] reasons = [.. subject.Rows.Where(row => row.Summary.Reason is not null).Select(row => $"{Capital(row.Label)}: {row.Summary.Reason}")];
        if (reasons.Length > 0)
            blocks.Add(new ReportList(reasons));
        return new ReportSection("Matrix", blocks);
    }

    public static ReportSection Legend(ReportSubject subject)
    {
        OffloadOptions[] options = [.. subject.Rows.Select(row => row.Settings.Offload)];
        List<string> terms = [.. Columns(subject).Where(column => column.Meaning.Length > 0).Select(column => $"{column.Title}: {column.Meaning}.")];
        terms.AddRange(subject.Rows.Select(row => row.Summary.Result).Distinct().Order().Select(result => $"{ReportRow.Name(result)}: {Meaning(result)}."));
        terms.AddRange(options.Select(option => option.Mode).Distinct().Order().Select(mode => $"{mode}: {Meaning(mode)}."));
        if (options.Any(option => option.TextEncoderOnCpu || option.VaeOnCpu))
            terms.Add("On CPU: the component computes on the processor, from the machine's memory, and never takes memory of the device.");
        if (subject.Rows.Any(row => row.UsesTiles))
            terms.Add("Tiling: the picture passes through the autoencoder in tiles that overlap and are blended, which changes it a little.");
        return new ReportSection("Legend", [Options(subject), new ReportList(terms)]);
    }

    private static ReportTable Options(ReportSubject subject) => new(
        [new("#"), new("Mode", IsNumber: false), new("Text encoder", IsNumber: false), new("Autoencoder", IsNumber: false), new("Tiles", IsNumber: false), new("Decoded", IsNumber: false), new("Weights return from", IsNumber: false), new("Budget", IsNumber: false)],
        [
            .. subject.Rows.Select(row => (row, row.Settings.Offload)).Select(each => new[]
            {
                each.row.Number, $"{each.Offload.Mode}{(each.row.Typical.Plan is { } plan && plan.Mode != each.Offload.Mode ? $" ({plan.Mode})" : "")}",
                each.Offload.TextEncoderOnCpu ? "CPU" : subject.Device, each.Offload.VaeOnCpu ? "CPU" : subject.Device, Tiles(each.Offload), Decoded(each.row), $"{each.Offload.Reload}", Budget(each.row),
            }),
        ]);

    private static string Tiles(OffloadOptions options)
        => options.VaeTiling != VaeTiling.Off && options.VaeTileSize is { } size ? string.Create(CultureInfo.InvariantCulture, $"{options.VaeTiling}, {size} pixels") : $"{options.VaeTiling}";

    private static string Decoded(ReportRow row)
        => row.Succeeded && row.Typical.Plan?.Decoding is { } way ? string.Create(CultureInfo.InvariantCulture, $"{way.Method}{(way.TileSize > 0 ? $" of {way.TileSize} pixels" : "")}") : "";

    private static string Budget(ReportRow row)
        => $"{row.Settings.Offload.VramBudget}" + (row.Typical.Plan is { } plan && row.Settings.Offload.VramBudget.Kind != MemoryBudgetKind.Bytes ? $" ({Bytes(plan.BudgetBytes)})" : "");

    private static Column[] Columns(ReportSubject subject)
        => [.. s_columns.Where(column => column.Title switch
        {
            "Pictures" => subject.Rows.Any(row => row.Settings.BatchSize > 1),
            "Range (s)" => subject.Rows.Any(row => row.Summary.Successes > 1),
            _ => true,
        })];

    private static string Range(ReportRow row) => row.Summary is { Successes: > 1, Duration: { } spread } ? $"{Seconds(spread.Min)} to {Seconds(spread.Max)}" : "";

    private static string Pictures(ReportSubject subject)
    {
        int runs = subject.Rows.Max(row => row.Runs.Count);
        string[] pictures = [.. subject.Rows.Select(row => row.Settings.Request).Select(Describe).Distinct()];
        string drawn = pictures.Length == 1 ? $"Every row draws {pictures[0]}" : $"Rows draw different pictures ({string.Join("; ", pictures)}), so their times do not compare";
        return $"{drawn}; {(runs == 1 ? "each was measured once" : $"each was measured up to {Count(runs, "time")}")}.";
    }

    private static string Describe(ImageRequest request) => string.Create(CultureInfo.InvariantCulture,
        $"{request.Width}x{request.Height} in {Count(request.Steps, "step")} of {request.Sampler} on {(request.Sigmas is null ? request.Scheduler : "noise levels of its own")}, CFG scale {request.CfgScale:0.##}, seed {request.Seed}");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Meaning(MeasurementResult result) => result switch
    {
        MeasurementResult.Success => "every run drew its picture",
        MeasurementResult.OutOfMemory => "it does not fit, as the plan found out or an allocation did",
        MeasurementResult.Timeout => "it took longer than allowed and was stopped",
        _ => "another error ended it",
    };

    private static string Meaning(OffloadMode mode) => mode switch
    {
        OffloadMode.Auto => "the fastest of the other modes that fits",
        OffloadMode.None => "everything stays on the device",
        OffloadMode.CondOnly => "the text encoder leaves after the prompt and comes again before the next",
        OffloadMode.CondDiffusion => "text encoder and transformer leave after their phases",
        OffloadMode.Aggressive => "only the component at work is on the device",
        _ => "as many blocks of the transformer as fit stay, and all others pass through two slots each time they are needed",
    };
}
