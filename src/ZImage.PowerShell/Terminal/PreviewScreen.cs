using ZImage.Engine.Generation;
using ZImage.Engine.Imaging.Terminal;

namespace ZImage.PowerShell.Terminal;

/// <summary>The place in the terminal where pictures are seen forming: each preview takes that of the one before, and the last goes away. On the pipeline's thread.</summary>
internal sealed class PreviewScreen(HostTerminal terminal)
{
    // Half of the window: the rest is for what was there before.
    private const double Share = 0.5;

    // Kitty's number for the picture; any that others do not use.
    private const uint Id = 0x5A1A6E;

    // They come in time already. On a slow line, drawing one may take longer than the next takes to come.
    private readonly PreviewPace _pace = new(Interval / 2);
    private TerminalPicture? _shown;

    /// <summary>The least time between two previews.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    public void Show(GenerationPreview preview)
    {
        if (!_pace.IsDue)
            return;
        _pace.Do(() =>
        {
            TerminalPicture picture = terminal.Encode(preview.Pixels, TerminalProtocol.Auto, share: Share, scale: preview.Scale, id: Id);
            terminal.Write(_shown?.Erasure + picture.Text);
            _shown = picture;
        });
    }

    /// <summary>Takes the preview away, where there is one.</summary>
    public void Clear()
    {
        if (_shown is not null)
            terminal.Write(_shown.Erasure);
        _shown = null;
    }
}
