using System.Management.Automation;
using ZImage.PowerShell.Execution;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>A cmdlet that takes image files one by one, each with faults of its own.</summary>
public abstract class ImageFileCmdlet : EngineCmdlet
{
    private protected const string ByPath = "Path";
    private protected const string ByLiteralPath = "LiteralPath";

    /// <summary>Image files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPath)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Image files; the paths are taken as they are written.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    protected override void ProcessRecord() => ReportFiles(Path, LiteralPath, ProcessFile);

    /// <summary>Works on a file.</summary>
    /// <param name="path">Its full path; nobody has looked whether it exists.</param>
    private protected abstract void ProcessFile(string path);
}
