using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Draws the images of files again from the settings that the files carry, and compares the pixels.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ZImageReproduction", DefaultParameterSetName = ByPath)]
[OutputType(typeof(ImageReproduction), typeof(bool))]
public sealed class TestZImageReproductionCommand : EngineCmdlet
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

    /// <summary>The imported model, or its name; when left out, the one that the file names by its fingerprints, or else the one imported last.</summary>
    // Not from the pipeline, where the model of an object is the one that drew it.
    [Parameter]
    [ModelArgument]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public ModelReference? Model { get; set; }

    /// <summary>From which PSNR in dB, 0 to 200, images that are not identical count as close.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0.0, 200.0)]
    public double Tolerance { get; set; } = ImageReproduction.UsualTolerance;

    /// <summary>Gives true for an image that is identical or close, and false for another, in place of an object.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            Report(() =>
            {
                foreach (string file in ResolveFiles(path))
                    Report(() => Test(file));
            });
        }
        foreach (string path in LiteralPath)
            Report(() => Test(ResolveFile(path)));
    }

    private void Test(string path)
    {
        ImageInfo info = ImageInfo.Read(path);
        PixelImage pixels = ImageFile.Load(path);
        ModelSession session = Model?.Find() ?? OpenSessions.FindLatest(open => info.Model?.Fits(open.Identity) == true) ?? OpenSessions.Latest;
        ImageRequest request = info.ToRequest(session.Defaults);
        GeneratedImage image = RunEngine($"Drawing '{System.IO.Path.GetFileName(path)}' again", (observer, cancellation) => session.Generate(request, observer, cancellation));
        ImageReproduction result = ImageReproduction.Compare(info, pixels, image, Tolerance);
        if (Quiet)
            WriteObject(result.IsReproduced);
        else
            WriteObject(result);
    }
}
