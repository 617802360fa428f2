using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Draws the images of files again from the settings that the files carry, and compares the pixels.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ZImageReproduction", DefaultParameterSetName = ByPath)]
[OutputType(typeof(ImageReproduction), typeof(bool))]
public sealed class TestZImageReproductionCommand : ImageFileCmdlet
{
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

    private protected override void ProcessFile(string path)
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
