namespace ZImage.Engine.Imaging.Terminal;

/// <summary>A way in which terminals are told to draw a picture.</summary>
public enum TerminalProtocol
{
    /// <summary>The best that the terminal is known to understand.</summary>
    Auto,

    /// <summary>Sixel graphics: up to 256 colours.</summary>
    Sixel,

    /// <summary>The graphics protocol of kitty: all colours, as a PNG.</summary>
    Kitty,

    /// <summary>Inline images of iTerm2: all colours, as a PNG.</summary>
    ITerm2,

    /// <summary>Two pixels in each character cell, by half blocks in colours; shades where there are no colours.</summary>
    Blocks,
}

/// <summary>The colours that text can have in a terminal.</summary>
public enum TerminalColors
{
    /// <summary>None, or none are wanted.</summary>
    None,

    /// <summary>The 16 of the VGA palette.</summary>
    Sixteen,

    /// <summary>The palette of xterm: 16, a cube of 6x6x6, and 24 shades of grey.</summary>
    Palette,

    /// <summary>Eight bits each of red, green and blue.</summary>
    Full,
}
