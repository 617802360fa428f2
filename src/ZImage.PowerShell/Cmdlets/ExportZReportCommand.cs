using System.Management.Automation;
using ZImage.Engine.Measuring;
using ZImage.PowerShell.Errors;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Writes a report on measured runs: environment, model, the table of all configurations, what the runs show, and which options to use on this
/// device; as Markdown, and as one page of HTML with drawings of memory over time and of what runs spend their time on.
/// </summary>
[Cmdlet(VerbsData.Export, "ZReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportZReportCommand : ZImageCmdlet
{
    private const string DefaultName = "zimage-report";

    private readonly List<GenerationMeasurement> _runs = [];
    private List<(string Path, ReportFormat Format)> _files = [];

    /// <summary>The runs, as Measure-ZGeneration gives them. Those of one model on one device are compared with each other.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public GenerationMeasurement[] InputObject { get; set; } = [];

    /// <summary>Files to write: .md for Markdown, .html for HTML. In a folder the file is named zimage-report. Missing folders are made.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Formats to write each path in, Markdown or Html or both. When left out, the extension of a path says it, and a folder gets Markdown.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ReportFormat[]? Format { get; set; }

    /// <summary>Title of the report; the names of model and device when left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Title { get; set; }

    /// <summary>Overwrites files that exist.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts the files that were written into the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    // Before the first run, because what is piped here may take an hour to measure.
    protected override void BeginProcessing()
    {
        try
        {
            _files = [.. Path.SelectMany(Files).DistinctBy(file => file.Path)];
            _files.ForEach(file => ReportFile.Check(file.Path, Force));
        }
        catch (ZImageException fault)
        {
            ThrowTerminatingError(FaultRecord.Create(fault));
        }
    }

    protected override void ProcessRecord() => _runs.AddRange(InputObject);

    protected override void EndProcessing() => Report(() =>
    {
        MeasurementReport report = MeasurementReport.Of(_runs, Title);
        foreach ((string path, ReportFormat format) in _files)
            Report(() => Save(report, path, format));
    });

    private void Save(MeasurementReport report, string path, ReportFormat format)
    {
        if (!ShouldProcess(path, $"Write the report as {format}"))
            return;
        ReportFile.Save(report, path, format, Force);
        if (PassThru)
            WriteObject(new FileInfo(path));
    }

    private IEnumerable<(string Path, ReportFormat Format)> Files(string given)
    {
        string path = ResolveFile(given);
        if (System.IO.Path.EndsInDirectorySeparator(given) || Directory.Exists(path))
            return (Format ?? [ReportFormat.Markdown]).Select(format => (System.IO.Path.Combine(path, DefaultName + format.Extension()), format));
        ReportFormat? meant = ReportFormats.FromPath(path);
        if (Format is null)
            return [(path, meant ?? throw new ReportFormatUnknownException(path))];
        if (meant is not { } own)
            return Format.Select(format => (path + format.Extension(), format));
        if (!Format.Contains(own))
            throw new ReportFormatMismatchException(path, Format);
        return Format.Select(format => (format == own ? path : System.IO.Path.ChangeExtension(path, format.Extension()), format));
    }
}
