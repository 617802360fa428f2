using System.Management.Automation;
using System.Management.Automation.Host;
using ZImage.Engine.Imaging;
using ZImage.Engine.Imaging.Terminal;

namespace ZImage.PowerShell.Terminal;

/// <summary>The terminal behind the host of a cmdlet.</summary>
internal sealed class HostTerminal
{
    private const int UsualColumns = 80, UsualRows = 24;

    // Below a picture there is a prompt.
    private const int RowsKept = 2;

    // Hosts that write to the console of their own process. That of a job or of a remote session passes on what it is given, to who knows whom.
    private static readonly string[] s_consoleHosts = ["ConsoleHost", "Visual Studio Code Host"];

    private readonly PSHost _host;
    private readonly Lazy<TerminalFeatures> _features;

    /// <param name="host">The host.</param>
    /// <param name="session">Where <c>$PSStyle</c> is looked up.</param>
    public HostTerminal(PSHost host, SessionState session)
    {
        _host = host;
        WhyNot = !s_consoleHosts.Contains(host.Name) ? $"the host '{host.Name}' is no terminal"
            : Console.IsOutputRedirected ? "the output is redirected"
            : host.UI is not { SupportsVirtualTerminal: true } || Environment.GetEnvironmentVariable("TERM") == "dumb" ? "the terminal takes text only"
            : null;
        bool plain = $"{PSObject.AsPSObject(session.PSVariable.GetValue("PSStyle") ?? "").Properties["OutputRendering"]?.Value}" == "PlainText";
        _features = new Lazy<TerminalFeatures>(() =>
        {
            TerminalFeatures features = TerminalDialogue.Find(mayAsk: WhyNot is null && IsAttended);
            return plain ? features with { Colors = TerminalColors.None } : features;
        });
    }

    /// <summary>Why nothing can be drawn, as the end of a sentence; null where it can.</summary>
    public string? WhyNot { get; }

    /// <summary>Encodes a picture for this terminal.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="protocol">How it is drawn.</param>
    /// <param name="columns">Cells across; null for what fits.</param>
    /// <param name="rows">Cells down; null for what fits.</param>
    /// <param name="share">How much of the window may be taken along an axis.</param>
    /// <param name="scale">How much larger than the pixels the picture may be drawn.</param>
    /// <param name="id">A number to take it away by; 0 for none.</param>
    public TerminalPicture Encode(PixelImage image, TerminalProtocol protocol, int? columns = null, int? rows = null, double share = 1, int scale = 1, uint id = 0)
    {
        TerminalFeatures terminal = _features.Value;
        Size window = Window;
        var size = PictureSize.Fit(image.Width * scale, image.Height * scale, TerminalPicture.CellOf(terminal, protocol),
            Math.Max(1, (int)(window.Width * share)), Math.Max(1, (int)((window.Height - RowsKept) * share)), columns, rows);
        return TerminalPicture.Encode(image, terminal, protocol, size, id);
    }

    public void Write(string text) => _host.UI.Write(text);

    // pwsh takes beginnings of the switch too.
    private static bool IsAttended => !Console.IsInputRedirected && Environment.UserInteractive
        && !Environment.GetCommandLineArgs().Skip(1).Any(argument => argument.Length > 4 && "-NonInteractive".StartsWith(argument, StringComparison.OrdinalIgnoreCase));

    private Size Window
    {
        get
        {
            try
            {
                return _host.UI?.RawUI?.WindowSize is { Width: > 0, Height: > RowsKept } size ? size : new Size(UsualColumns, UsualRows);
            }
            catch (Exception e) when (e is HostException or NotImplementedException or PSNotSupportedException)
            {
                return new Size(UsualColumns, UsualRows);
            }
        }
    }
}
