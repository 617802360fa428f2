using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Reads the settings that PNG, JPEG and WebP files carry, those of other image programs too, as objects that New-ZImage takes
/// from the pipeline.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ZImageInfo", DefaultParameterSetName = ByPath)]
[OutputType(typeof(ImageInfo))]
public sealed class GetZImageInfoCommand : ZImageCmdlet
{
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";

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

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            Report(() =>
            {
                foreach (string file in ResolveFiles(path))
                    Report(() => Read(file));
            });
        }
        foreach (string path in LiteralPath)
            Report(() => Read(ResolveFile(path)));
    }

    private void Read(string path)
    {
        ImageInfo info = ImageInfo.Read(path);
        foreach (string warning in info.Warnings)
            WriteWarning($"{path}: {warning}");
        WriteObject(info);
    }
}
