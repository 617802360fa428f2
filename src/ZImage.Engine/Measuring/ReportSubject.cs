namespace ZImage.Engine.Measuring;

/// <summary>What was measured of one model on one device.</summary>
internal sealed class ReportSubject
{
    private ReportSubject(IReadOnlyList<GenerationMeasurement> runs)
    {
        Rows = ReportRow.Of(runs);
        Context = runs.Select(run => run.Context).FirstOrDefault(context => context is not null);
        Device = Context?.Environment.Device ?? runs[0].Device ?? runs[0].Plan?.Device ?? "the device";
        Model = runs[0].Model ?? Context?.Model.Name ?? "the model";
    }

    public IReadOnlyList<ReportRow> Rows { get; }

    public MeasurementContext? Context { get; }

    /// <summary>Short name of the device.</summary>
    public string Device { get; }

    /// <summary>Name of the session.</summary>
    public string Model { get; }

    public string Name => $"{Model} on {Device}";

    /// <summary>Rows of which every run succeeded, the fastest first.</summary>
    public IReadOnlyList<ReportRow> Fastest => [.. Rows.Where(row => row.Succeeded).OrderBy(row => row.PictureSeconds)];

    /// <summary>Whether every row draws the same picture, though perhaps more of it together: only then times compare.</summary>
    public bool DrawsAlike => Rows.All(row => MeasuredAlike.Draw(row.Settings.Request, Rows[0].Settings.Request));

    public static IReadOnlyList<ReportSubject> Of(IReadOnlyList<GenerationMeasurement> runs)
        => [.. runs.GroupBy(run => (run.Model, run.Device, run.Context?.Environment.DeviceName)).Select(group => new ReportSubject([.. group]))];
}
