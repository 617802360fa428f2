using System.Globalization;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Ggml;
using static ZImage.Engine.Measuring.ReportNumbers;

namespace ZImage.Engine.Measuring;

/// <summary>The sections that say where and with what was measured.</summary>
internal static class ReportEnvironment
{
    private static readonly ReportColumn[] s_pair = [new("", IsNumber: false), new("", IsNumber: false)];
    private static readonly ReportColumn[] s_components =
        [new("Component", IsNumber: false), new("Weights (M)"), new("Size (MiB)"), new("Types (MiB)", IsNumber: false), new("File", IsNumber: false)];

    public static ReportSection? Machine(ReportSubject subject)
    {
        if (subject.Context?.Environment is not { } environment)
            return null;
        List<(string Name, string? Value)> rows =
        [
            ("System", environment.System),
            ("Processor", $"{environment.Cpu}, {Count(environment.Processors, "thread")}"),
            ("Instruction sets", string.Join(", ", environment.CpuFeatures)),
            ("Memory", Bytes(environment.RamBytes)),
            ("Device", environment.Backend == BackendKind.Cpu ? $"{environment.Device} (the processor)" : $"{environment.DeviceName} ({environment.Device})"),
            ("Driver", environment.Driver),
            ("Memory of the device", DeviceMemory(environment)),
            ("ZImage", environment.Version),
            ("ggml", environment.GgmlVersion),
            (".NET", environment.Framework),
        ];
        return new ReportSection("Environment", [new ReportTable(s_pair, [.. rows.Where(row => !string.IsNullOrEmpty(row.Value)).Select(row => new[] { row.Name, row.Value! })])]);
    }

    public static ReportSection? Model(ReportSubject subject)
    {
        if (subject.Context?.Model is not { } model)
            return null;
        List<ReportBlock> blocks = [];
        if (model.SyntheticScale is { } scale)
        {
            blocks.Add(new ReportText("The weights are random and lie in memory: times and sizes are those of a model, and the pictures are noise."
                + (scale < 1 ? $" With all layers they would not fit this machine: they are {Percent(scale)} of the published model's bytes, and budgets are to be read by that measure." : "")));
        }
        long bytes = model.Components.Sum(component => component.Bytes);
        blocks.Add(new ReportTable(s_components,
        [
            .. model.Components.Select(component => new[]
            {
                Sentence(component.Kind.Describe()), Millions(component.Parameters), Mebibytes(component.Bytes),
                string.Join(", ", component.Types.Select(type => $"{type.Key} {Mebibytes(type.Value)}")), FileName(component),
            }),
            ["Together", Millions(model.Components.Sum(component => component.Parameters)), Mebibytes(bytes), "", ""],
        ]));
        return new ReportSection("Model configuration", blocks);
    }

    // Folders are nobody's business, and a name that is no path has none.
    private static string FileName(ComponentSummary component) => Path.GetFileName(component.Path);

    private static string Millions(long parameters) => (parameters / 1e6).ToString("F1", CultureInfo.InvariantCulture);

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string? DeviceMemory(MeasuredEnvironment environment)
        => environment.Backend != BackendKind.Cpu && environment is { DeviceTotalBytes: { } total, DeviceFreeBytes: { } free } ? $"{Bytes(total)}, {Bytes(free)} of them free at the start" : null;
}
