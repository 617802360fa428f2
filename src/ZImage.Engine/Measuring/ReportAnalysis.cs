using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>What the runs show, in sentences.</summary>
internal static class ReportAnalysis
{
    // Rows whose times differ by less are equally fast.
    private const double Noticeable = 0.02;

    public static ReportSection Of(ReportSubject subject)
    {
        string?[] sentences =
        [
            .. Unsteady(subject), Outcome(subject), .. Failures(subject), Fastest(subject), .. Costs(subject), .. Tiles(subject), Moving(subject), PredictedTime(subject), PredictedPeak(subject),
            Repeatability(subject), .. StepsDown(subject), Pictures(subject),
        ];
        return new ReportSection("Analysis", [new ReportList([.. sentences.OfType<string>()])]);
    }

    // One request gives one picture: where it does not, nothing else that was measured is worth much.
    private static IEnumerable<string> Unsteady(ReportSubject subject)
        => subject.Rows.Where(row => !row.IsSteady).Select(row => $"The runs of {row.Label} do not all give the same pixels, though they draw the same request.");

    private static string Outcome(ReportSubject subject)
    {
        int all = subject.Rows.Count, fit = subject.Rows.Count(row => row.Succeeded);
        return (fit, all) switch
        {
            (0, 1) => "The configuration did not succeed.",
            (1, 1) => "The configuration succeeded.",
            (0, _) => $"None of the {all} configurations succeeded.",
            _ when fit == all => $"All {all} configurations succeeded.",
            _ => $"{fit} of {all} configurations succeeded: {Rows(subject.Rows.Where(row => row.Succeeded))}.",
        };
    }

    private static IEnumerable<string> Failures(ReportSubject subject)
    {
        foreach (IGrouping<MeasurementResult, ReportRow> group in subject.Rows.Where(row => !row.Succeeded).GroupBy(row => row.Summary.Result).OrderBy(group => group.Key))
        {
            int planned = group.Count(row => row.Typical.Plan is { Fits: false });
            yield return group.Key switch
            {
                MeasurementResult.OutOfMemory => $"Out of memory: {Rows(group)}{Beforehand(planned, group.Count())}.",
                MeasurementResult.Timeout => $"Stopped because of the time: {Rows(group)}.",
                _ => $"Failed: {Rows(group)}.",
            };
        }
    }

    private static string Beforehand(int planned, int all)
        => planned == 0 ? "" : planned == all ? ", which the plan said before anything was moved" : $"; of {planned} of them the plan said so before anything was moved";

    private static string? Fastest(ReportSubject subject)
    {
        if (subject.Fastest is not [ReportRow best, ..])
            return null;
        if (!subject.DrawsAlike)
            return "Rows draw different pictures, so their times are not compared.";
        string step = best.Summary.Step is { } each ? $", {Seconds(each.Median)} s a step" : "";
        string peak = best.Summary.PeakDeviceBytes is { } bytes ? $", with {Bytes(bytes)} of the device at most" : "";
        return $"{(subject.Fastest.Count == 1 ? "The one that succeeded" : "The fastest")} is {best.Label}: {Seconds(best.PictureSeconds)} s a picture{step}{peak}.";
    }

    // What the others cost in time, and save in memory, against the fastest.
    private static IEnumerable<string> Costs(ReportSubject subject)
    {
        if (!subject.DrawsAlike || subject.Fastest is not [ReportRow best, ..] || best.PictureSeconds is not > 0)
            yield break;
        foreach (ReportRow row in subject.Fastest.Skip(1))
        {
            double factor = row.PictureSeconds!.Value / best.PictureSeconds.Value;
            string cost = factor < 1 + Noticeable ? "is as fast" : $"takes {Times(factor)} as long ({Seconds(row.PictureSeconds - best.PictureSeconds)} s more)";
            string memory = row.Summary.PeakDeviceBytes - best.Summary.PeakDeviceBytes is { } bytes && bytes != 0 ? $" and needs {Bytes(Math.Abs(bytes))} {(bytes < 0 ? "less" : "more")}" : "";
            yield return $"Against it {row.Label} {cost}{memory}.";
        }
    }

    private static IEnumerable<string> Tiles(ReportSubject subject)
    {
        foreach (ReportRow tiled in subject.Rows.Where(row => row.UsesTiles && row.Summary.Decode is not null))
        {
            ReportRow? whole = subject.Rows.FirstOrDefault(row => !row.UsesTiles && row.IsUpToTiles(tiled) && row.Summary.Decode is { Median: > 0 });
            if (whole is null)
                continue;
            double factor = tiled.Summary.Decode!.Median / whole.Summary.Decode!.Median;
            yield return $"Tiles take {Times(factor)} as long to decode as without: {Seconds(tiled.Summary.Decode.Median)} s in row {tiled.Number} and {Seconds(whole.Summary.Decode.Median)} s in row {whole.Number}.";
        }
    }

    private static string? Moving(ReportSubject subject)
    {
        ReportRow[] known = [.. subject.Rows.Where(row => row.MovingShare is not null)];
        if (known.Length == 0)
            return null;
        ReportRow[] some = [.. known.Where(row => row.MovingShare >= 0.001).OrderByDescending(row => row.MovingShare)];
        return some.Length == 0
            ? "No run waited for weights."
            : $"Of the time, moving weights takes {Enumerate([.. some.Select(row => $"{Percent(row.MovingShare!.Value)} in row {row.Number}")])}{(some.Length < known.Length ? "; no other row waits for them" : "")}.";
    }

    private static string? PredictedTime(ReportSubject subject)
    {
        (ReportRow Row, double Error)[] errors = [.. subject.Rows.Where(row => row.Succeeded && row.Summary is { PredictedSeconds: not null, Duration.Median: > 0 })
            .Select(row => (row, row.Summary.PredictedSeconds!.Value / row.Summary.Duration!.Median - 1))];
        if (errors.Length == 0)
            return null;
        (ReportRow worst, double error) = errors.MaxBy(each => Math.Abs(each.Error));
        string range = $"{Seconds(worst.Summary.PredictedSeconds)} s predicted, {Seconds(worst.Summary.Duration!.Median)} s measured";
        return errors.Length == 1
            ? $"The plan's time was {Percent(Math.Abs(error))} {(error < 0 ? "too short" : "too long")}: {range}."
            : $"Times were predicted to within {Percent(Math.Abs(error))} (row {worst.Number}: {range}), and half of them to within {Percent(Spread.Of(errors.Select(each => Math.Abs(each.Error)))!.Median)}.";
    }

    private static string? PredictedPeak(ReportSubject subject)
    {
        (ReportRow Row, long Error)[] errors = [.. subject.Rows.Where(row => row.Succeeded && row.Summary is { PredictedPeakBytes: not null, PeakDeviceBytes: not null })
            .Select(row => (row, row.Summary.PeakDeviceBytes!.Value - row.Summary.PredictedPeakBytes!.Value))];
        if (errors.Length == 0)
            return null;
        (ReportRow worst, long error) = errors.MaxBy(each => Math.Abs(each.Error));
        return error == 0
            ? $"The most memory of the device was predicted to the byte{(errors.Length == 1 ? "" : $" in all {errors.Length} rows")}."
            : $"The most memory of the device was {Bytes(Math.Abs(error))} {(error > 0 ? "above" : "below")} the plan in row {worst.Number}{(errors.Length == 1 ? "" : ", which is the largest difference")}.";
    }

    private static string? Repeatability(ReportSubject subject)
        => subject.Rows.Where(row => row.Summary is { Successes: > 1 }).MaxBy(row => row.Summary.Duration!.Relative) is { } widest
            ? $"Runs of one row differ by {Percent(widest.Summary.Duration!.Relative)} of their median at most (row {widest.Number})."
            : null;

    // What made a run other than it was planned.
    private static IEnumerable<string> StepsDown(ReportSubject subject)
        => subject.Rows.SelectMany(row => row.Runs.SelectMany(run => run.StepsDown.Select(step =>
            $"{char.ToUpperInvariant(row.Label[0])}{row.Label[1..]} ran out of memory in {step.Phase}{(row.Runs.Count > 1 ? $" of run {run.Run}" : "")} and went on with {Bytes(step.ToBudgetBytes)} in place of {Bytes(step.FromBudgetBytes)}{(step.FromMode == step.ToMode ? "" : $", with the mode {step.ToMode} in place of {step.FromMode}")}.")));

    private static string? Pictures(ReportSubject subject)
    {
        ReportRow[] drawn = [.. subject.Rows.Where(row => row is { Succeeded: true, IsSteady: true, Typical.PixelHash: not null })];
        if (drawn.Length < 2 || !drawn.All(drawn[0].DrawsAs))
            return null;
        string[][] groups = [.. drawn.GroupBy(row => row.Typical.PixelHash).OrderByDescending(group => group.Count()).Select(group => group.Select(row => row.Number).ToArray())];
        bool latents = drawn.All(row => row.Typical.LatentHash is not null && row.Typical.LatentHash == drawn[0].Typical.LatentHash);
        string decoded = latents ? "; what is decoded is the same in all" : "";
        if (groups.Length == 1)
            return $"All {drawn.Length} rows give the same pixels.";
        if (groups.Length == drawn.Length)
            return $"No two rows give the same pixels{decoded}.";
        string[] alone = [.. groups.Where(group => group.Length == 1).Select(group => group[0])];
        List<string> others = [.. groups.Skip(1).Where(group => group.Length > 1).Select(group => $"rows {Enumerate(group)} others")];
        if (alone.Length > 0)
            others.Add(alone.Length == 1 ? $"row {alone[0]} others" : $"rows {Enumerate(alone)} each others");
        return $"Rows {Enumerate(groups[0])} give the same pixels, {string.Join(", ", others)}{decoded}.";
    }

    private static string Rows(IEnumerable<ReportRow> rows)
    {
        ReportRow[] all = [.. rows];
        return all.Length == 1 ? all[0].Label : $"rows {Enumerate([.. all.Select(row => row.Number)])}";
    }
}
