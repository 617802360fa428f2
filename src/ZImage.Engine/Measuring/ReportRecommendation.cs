using System.Globalization;
using ZImage.Engine.Memory;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>What to do on this device.</summary>
internal static class ReportRecommendation
{
    // Of time, for which memory is worth having.
    private const double NearlyAsFast = 1.1;
    private const long WorthSaving = 256L << 20;

    public static ReportSection Of(ReportSubject subject) => new("Recommendation", subject.Fastest is [ReportRow best, ..] ? Use(subject, best) : Enlarge(subject));

    private static List<ReportBlock> Use(ReportSubject subject, ReportRow best)
    {
        List<ReportBlock> blocks =
        [
            new ReportText($"On {subject.Context?.Environment.DeviceName ?? subject.Device}, use {best.Summary.Configuration}, the {(subject.Fastest.Count == 1 ? "one configuration" : "fastest of what was measured")} that succeeded:"),
            new ReportCode("Set-ZOffload " + Arguments(best.Settings.Offload)),
        ];
        ReportRow? lean = subject.Fastest.Skip(1).Where(row => row.PictureSeconds <= best.PictureSeconds * NearlyAsFast && row.Summary.PeakDeviceBytes <= best.Summary.PeakDeviceBytes - WorthSaving)
            .MinBy(row => row.Summary.PeakDeviceBytes);
        if (lean is not null)
        {
            blocks.Add(new ReportText($"To leave {Bytes(best.Summary.PeakDeviceBytes!.Value - lean.Summary.PeakDeviceBytes!.Value)} more to other programs for {Seconds(lean.PictureSeconds - best.PictureSeconds)} s a picture, use {lean.Summary.Configuration}:"));
            blocks.Add(new ReportCode("Set-ZOffload " + Arguments(lean.Settings.Offload)));
        }
        blocks.Add(new ReportText("Import-ZModel takes the same options."));
        return blocks;
    }

    private static List<ReportBlock> Enlarge(ReportSubject subject)
    {
        ReportRow[] refused = [.. subject.Rows.Where(row => row.Summary is { Result: MeasurementResult.OutOfMemory, PredictedPeakBytes: not null })];
        if (refused.MinBy(row => row.Summary.PredictedPeakBytes) is not { } row)
            return [new ReportText(subject.Rows.Any(row => row.Summary.Result == MeasurementResult.Timeout)
                ? "Nothing succeeded in the time it was given: allow more, or draw smaller pictures in fewer steps."
                : "Nothing succeeded, and not for want of memory: the reasons beside the matrix say what to do.")];
        long peak = row.Summary.PredictedPeakBytes!.Value;
        string budget = row.Typical.Plan is { } plan ? $" in place of {Bytes(plan.BudgetBytes)}" : "";
        string least = $"Nothing succeeded. Of what was measured, {row.Label} needs least: it fits a budget of {ByteSize.AtLeast(peak)}{budget}.";
        // Streaming needs less than any other mode, and may not have been tried.
        if (subject.Rows.Any(each => each.Settings.Offload.Mode is OffloadMode.LayerStreaming or OffloadMode.Auto))
            return [new ReportText($"{least} Where the device has no more, draw smaller pictures.")];
        List<ReportBlock> blocks =
        [
            new ReportText($"{least} Where the device has no more, draw smaller pictures, or let layers stream, which was not measured here:"),
            new ReportCode("Set-ZOffload " + Arguments(row.Settings.Offload with { Mode = OffloadMode.LayerStreaming })),
        ];
        return blocks;
    }

    private static string Arguments(OffloadOptions options)
    {
        List<string> arguments = [$"-OffloadMode {options.Mode}"];
        if (options.TextEncoderOnCpu)
            arguments.Add("-TextEncoderOnCpu");
        if (options.VaeOnCpu)
            arguments.Add("-VaeOnCpu");
        if (options.VaeTiling != VaeTiling.Auto)
            arguments.Add($"-VaeTiling {options.VaeTiling}");
        if (options.VaeTiling != VaeTiling.Off && options.VaeTileSize is { } size)
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"-VaeTileSize {size}"));
        if (options.Reload != ReloadSource.Auto)
            arguments.Add($"-Reload {options.Reload}");
        if (options.VramBudget.Kind != MemoryBudgetKind.Auto)
            arguments.Add($"-VramBudget {Quoted(options.VramBudget)}");
        if (options.RamBudget.Kind != MemoryBudgetKind.Auto)
            arguments.Add($"-RamBudget {Quoted(options.RamBudget)}");
        return string.Join(' ', arguments);
    }

    // A size that is not whole, or begins with a minus, is a text for PowerShell.
    private static string Quoted(MemoryBudget budget) => budget.ToString() is var text && text.All(char.IsAsciiLetterOrDigit) ? text : $"'{text}'";
}
