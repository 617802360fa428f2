using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Imaging.Terminal;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Errors;
using ZImage.PowerShell.Terminal;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Draws images in the terminal, or opens them in the system's viewer.</summary>
[Cmdlet(VerbsCommon.Show, "ZImage", DefaultParameterSetName = ByImage)]
[OutputType(typeof(string), typeof(object))]
public sealed class ShowZImageCommand : ImageFileCmdlet
{
    private const string ByImage = "InputObject";

    // Beginning of a pixel hash: as good as a number.
    private const int HashInName = 16;
    private const int MostCells = 1000;

    private HostTerminal? _terminal;

    /// <summary>The image, as New-ZImage gives it, bare pixels, or what Get-ZImageInfo gives.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByImage)]
    [ShownImageArgument]
    [ValidateNotNull]
    public ShownImage InputObject { get; set; } = null!;

    /// <summary>How the terminal is told to draw: Sixel, Kitty, ITerm2 or Blocks; Auto, as when left out, for the best that it is known to understand.</summary>
    [Parameter]
    public TerminalProtocol Protocol { get; set; }

    /// <summary>Most columns of the terminal that the picture may take. It keeps its proportions, and is not enlarged when both this and Height are left out.</summary>
    [Parameter]
    [ValidateRange(1, MostCells)]
    public int? Width { get; set; }

    /// <summary>Most lines of the terminal that the picture may take.</summary>
    [Parameter]
    [ValidateRange(1, MostCells)]
    public int? Height { get; set; }

    /// <summary>Puts the text that draws the picture into the pipeline instead of drawing it.</summary>
    [Parameter]
    public SwitchParameter AsText { get; set; }

    /// <summary>Opens the picture in the program that the system has for such files. An image in memory is written to a temporary PNG file first.</summary>
    [Parameter]
    public SwitchParameter Viewer { get; set; }

    /// <summary>Puts what was shown into the pipeline, for the next cmdlet.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Viewer)
        {
            string[] inVain = [.. ((string[])[nameof(Protocol), nameof(Width), nameof(Height), nameof(AsText)]).Where(MyInvocation.BoundParameters.ContainsKey)];
            if (inVain.Length > 0)
                WriteWarning($"With -Viewer nothing is drawn in the terminal: {string.Join(", ", inVain)} has no effect.");
            return;
        }
        _terminal = new HostTerminal(Host, SessionState);
        if (!AsText && _terminal.WhyNot is { } reason)
            WriteWarning($"No picture is drawn: {reason}. Use -Viewer to open it in a window, or -AsText for the text that draws it.");
    }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByImage)
            Report(() => Show(InputObject));
        else
            base.ProcessRecord();
    }

    private protected override void ProcessFile(string path) => Show(new ShownImage(path, new FileInfo(path)));

    private void Show(ShownImage shown)
    {
        if (Viewer)
            Open(shown.File is { } file ? Picture(file) : Write(shown.Image!));
        else if (AsText)
            WriteObject(Encode(shown).Text);
        else if (_terminal!.WhyNot is null)
            _terminal.Write(Encode(shown).Text);
        if (PassThru)
            WriteObject(shown.Original);
    }

    private TerminalPicture Encode(ShownImage shown) => _terminal!.Encode(shown.Image?.Pixels ?? ImageFile.Load(shown.File!), Protocol, Width, Height);

    // To open a program is to run it: only what is a picture by contents and name is handed to the system.
    private static string Picture(string path)
    {
        _ = ImageFile.ReadHeader(path);
        _ = ImageFormats.FromPath(path);
        return path;
    }

    // The viewer reads it when this cmdlet has long ended, so the system must clear it away. A new folder is this user's alone.
    private static string Write(SavableImage image)
    {
        string path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("ZImage-").FullName, image.Pixels.PixelHash[..HashInName] + ".png");
        return ImageFile.Save(image.Pixels, path, metadata: new ImageMetadata { Parameters = image.Parameters }, overwrite: true, createFolder: true);
    }

    private static void Open(string path)
    {
        try
        {
            using Process? viewer = Process.Start(new ProcessStartInfo(path) { UseShellExecute = true });
        }
        catch (Exception e) when (e is Win32Exception or PlatformNotSupportedException or FileNotFoundException)
        {
            throw new ViewerNotStartedException(path, e.Message, e);
        }
    }
}
