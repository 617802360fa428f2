using System.Management.Automation;
using ZImage.Engine.Imaging;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Errors;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Saves images as PNG, JPEG or WebP files that carry all settings they were made with.</summary>
[Cmdlet(VerbsData.Save, "ZImage", DefaultParameterSetName = ByTemplate, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SaveZImageCommand : ZImageCmdlet
{
    private const string ByTemplate = "Path";
    private const string ByLiteralPath = "LiteralPath";
    private const string DefaultName = "{prompt:40}-{seed}";

    private FileNameTemplate? _template;
    private int _index;

    /// <summary>The image, as New-ZImage gives it, or bare pixels, which carry no settings.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [SavableImageArgument]
    [ValidateNotNull]
    public SavableImage InputObject { get; set; } = null!;

    /// <summary>
    /// File to write. Fields in braces are filled for each image: {seed}, {index}, {prompt}, {width}, {height}, {steps}, {date},
    /// {time}, {model}. In a folder, each file is named by prompt and seed. Missing folders are made.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByTemplate)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>File to write; braces in it are part of the name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath)]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    /// <summary>File format. When left out, the extension of the path says it, and PNG is used for files named by a folder.</summary>
    [Parameter]
    public ImageFormat? Format { get; set; }

    /// <summary>Quality of JPEG and WebP files, 1 to 100.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int Quality { get; set; } = ImageEncoding.DefaultQuality;

    /// <summary>Overwrites files that exist.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts the files that were written into the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void BeginProcessing()
    {
        if (ParameterSetName != ByTemplate)
            return;
        try
        {
            _template = FileNameTemplate.Parse(IsFolder(Path) ? System.IO.Path.Combine(Path, DefaultName + Extension(Format ?? ImageFormat.Png)) : Path);
        }
        catch (ZImageException fault)
        {
            // Before the first image is drawn, because no image could be saved.
            ThrowTerminatingError(FaultRecord.Create(fault));
        }
    }

    protected override void ProcessRecord() => Report(() =>
    {
        string path = WithFormat(ResolveFile(_template?.Format(InputObject.Values with { Index = _index, Time = DateTime.Now }) ?? LiteralPath));
        _index++;
        if (!ShouldProcess(path, "Save the image"))
            return;
        var metadata = new ImageMetadata { Parameters = InputObject.Parameters };
        string saved = ImageFile.Save(InputObject.Pixels, path, new ImageEncoding(Quality), metadata, overwrite: Force, createFolder: true);
        if (PassThru)
            WriteObject(new FileInfo(saved));
    });

    // A path that PowerShell cannot resolve yet, such as one with a field in front, is no folder.
    private bool IsFolder(string path)
    {
        if (System.IO.Path.EndsInDirectorySeparator(path))
            return true;
        try
        {
            return Directory.Exists(ResolveFile(path));
        }
        catch (PathInvalidException)
        {
            return false;
        }
    }

    private string WithFormat(string path)
    {
        if (Format is not { } format)
            return path;
        string extension = System.IO.Path.GetExtension(path);
        if (!ImageFormats.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase))
            return path + Extension(format);
        return ImageFormats.FromPath(path) == format ? path : throw new ImageFormatMismatchException(path, extension, format);
    }

    private static string Extension(ImageFormat format) => format == ImageFormat.Jpeg ? ".jpg" : "." + format.ToString().ToLowerInvariant();
}
