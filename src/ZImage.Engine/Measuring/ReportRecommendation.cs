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

    private static readonly OffloadOptions s_usual = new();

    public static ReportSection Of(ReportSubject subject) => new("Recommendation", subject.Fastest switch
    {
        [] => Enlarge(subject),
        _ when !subject.DrawsAlike => [new ReportText("Rows draw different pictures, so none is recommended: measure the configurations with one request.")],
        [ReportRow best, ..] => Use(subject, best),
    });

    private static List<ReportBlock> Use(ReportSubject subject, ReportRow best)
    {
        List<ReportBlock> blocks =
        [
            new ReportText($"{(Limit(subject, best) is { } limit ? $"With a budget of {limit} on" : "On")} {subject.Context?.Environment.DeviceName ?? subject.Device}, use {best.Summary.Configuration}, the {(subject.Fastest.Count == 1 ? "one configuration" : "fastest of what was measured")} that succeeded:"),
            new ReportCode("Set-ZOffload " + Arguments(subject, best, best.Settings.Offload)),
        ];
        ReportRow? lean = subject.Fastest.Skip(1).Where(row => row.PictureSeconds <= best.PictureSeconds * NearlyAsFast && row.Summary.PeakDeviceBytes <= best.Summary.PeakDeviceBytes - WorthSaving)
            .MinBy(row => row.Summary.PeakDeviceBytes);
        if (lean is not null)
        {
            blocks.Add(new ReportText($"To leave {Bytes(best.Summary.PeakDeviceBytes!.Value - lean.Summary.PeakDeviceBytes!.Value)} more to other programs for {Seconds(lean.PictureSeconds - best.PictureSeconds)} s a picture, use {lean.Summary.Configuration}{(Limit(subject, lean) is { } less && less != Limit(subject, best) ? $" with a budget of {less}" : "")}:"));
            blocks.Add(new ReportCode("Set-ZOffload " + Arguments(subject, lean, lean.Settings.Offload)));
        }
        blocks.Add(new ReportText("Import-ZModel takes the same options."));
        return blocks;
    }

    private static List<ReportBlock> Enlarge(ReportSubject subject)
    {
        string nothing = subject.Rows.Any(row => row.Summary.Successes > 0) ? "No configuration succeeded in all of its runs" : "Nothing succeeded";
        // A plan that fits says nothing of the memory that was missing.
        ReportRow[] refused = [.. subject.Rows.Where(row => row is { Summary.Result: MeasurementResult.OutOfMemory, Typical.Plan.Fits: false })];
        if (refused.MinBy(row => row.Typical.Plan!.PeakBytes) is not { Typical.Plan: { } plan } row)
            return [new ReportText(nothing + Because(subject))];
        string least = $"{nothing}. Of what was measured, {row.Label} needs least: it fits a budget of {ByteSize.AtLeast(plan.PeakBytes)} in place of {Bytes(plan.BudgetBytes)}.";
        // Streaming needs less than any other mode, and may not have been tried.
        if (subject.Rows.Any(each => each.Settings.Offload.Mode is OffloadMode.LayerStreaming or OffloadMode.Auto))
            return [new ReportText($"{least} Where the device has no more, draw smaller pictures.")];
        List<ReportBlock> blocks =
        [
            new ReportText($"{least} Where the device has no more, draw smaller pictures, or let layers stream, which was not measured here:"),
            new ReportCode("Set-ZOffload " + Arguments(subject, row, row.Settings.Offload with { Mode = OffloadMode.LayerStreaming })),
        ];
        return blocks;
    }

    private static string Because(ReportSubject subject)
    {
        ReportRow[] starved = [.. subject.Rows.Where(row => row.Summary.Result == MeasurementResult.OutOfMemory)];
        if (subject.Rows.Any(row => row.Summary.Result == MeasurementResult.Timeout))
            return " in the time it was given: allow more, or draw smaller pictures in fewer steps.";
        if (starved.Any(row => row.Typical.Plan is not null))
            return ". Memory ran out in the middle of a plan that fits: the device had less room than it said. Close what else uses it, or give a smaller budget.";
        return starved.Length > 0
            ? ", for want of memory: the reasons beside the matrix say what to do."
            : ", and not for want of memory: the reasons beside the matrix say what to do.";
    }

    // A budget that the device does not set: measured as if it had less memory.
    private static MemoryBudget? Limit(ReportSubject subject, ReportRow row)
        => row.Settings.Offload.VramBudget is { Kind: MemoryBudgetKind.Bytes } budget && budget.Bytes < subject.Context?.Environment.DeviceTotalBytes ? budget : null;

    private static string Arguments(ReportSubject subject, ReportRow row, OffloadOptions options)
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
        if (options.VaeTiling != VaeTiling.Off && options.VaeTileOverlap != s_usual.VaeTileOverlap)
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"-VaeTileOverlap {options.VaeTileOverlap}"));
        if (options.Reload != ReloadSource.Auto)
            arguments.Add($"-Reload {options.Reload}");
        if (options.VramBudget.Kind != MemoryBudgetKind.Auto && Limit(subject, row) is null)
            arguments.Add($"-VramBudget {Quoted(options.VramBudget)}");
        if (options.RamBudget.Kind != MemoryBudgetKind.Auto)
            arguments.Add($"-RamBudget {Quoted(options.RamBudget)}");
        return string.Join(' ', arguments);
    }

    // A size that is not whole, or begins with a minus, is a text for PowerShell.
    private static string Quoted(MemoryBudget budget) => budget.ToString() is var text && text.All(char.IsAsciiLetterOrDigit) ? text : $"'{text}'";
}
