using System.Globalization;
using System.Text;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>A picture as text that makes a terminal draw it.</summary>
/// <param name="Text">Draws at the cursor, which must stand at the start of a line, and leaves it at the start of the line below the picture.</param>
/// <param name="Rows">Lines that the picture takes.</param>
/// <param name="Erasure">Takes the picture away, as long as the cursor is where <paramref name="Text"/> left it, and goes back to its first line.</param>
public sealed record TerminalPicture(string Text, int Rows, string Erasure)
{
    /// <summary>Encodes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="terminal">What draws it.</param>
    /// <param name="protocol">How; <see cref="TerminalProtocol.Auto"/> for the best that the terminal has.</param>
    /// <param name="size">The room it takes in cells of <see cref="CellOf"/>.</param>
    /// <param name="id">A number by which it can be taken away again, where the protocol knows such; 0 for none.</param>
    public static TerminalPicture Encode(PixelImage image, TerminalFeatures terminal, TerminalProtocol protocol, PictureSize size, uint id = 0)
    {
        protocol = protocol == TerminalProtocol.Auto ? terminal.Best : protocol;
        var text = new StringBuilder();
        string erasure = string.Create(CultureInfo.InvariantCulture, $"\r\e[{size.Rows}A\e[J");
        if (protocol == TerminalProtocol.Blocks)
        {
            BlockText.Write(text, AreaAverage.Resize(image, size.Columns, size.Rows * CellSize.HalfBlocks.Height), terminal.Colors);
            return new TerminalPicture(text.ToString(), size.Rows, erasure);
        }
        // Terminals do not agree on where the cursor stands behind a picture. So room is made first, and the cursor goes back to where it was.
        text.Insert(0, "\r\n", size.Rows).Append(CultureInfo.InvariantCulture, $"\e[{size.Rows}A\e7");
        switch (protocol)
        {
            case TerminalProtocol.Sixel:
                SixelText.Write(text, AreaAverage.Resize(image, size.PixelWidth, size.PixelHeight));
                break;
            case TerminalProtocol.Kitty:
                KittyText.Write(text, Smaller(image, size), size, id);
                erasure = id == 0 ? erasure : KittyText.Delete(id) + erasure;
                break;
            default:
                ITerm2Text.Write(text, Smaller(image, size), size);
                break;
        }
        text.Append(CultureInfo.InvariantCulture, $"\e8\e[{size.Rows}B\r");
        return new TerminalPicture(text.ToString(), size.Rows, erasure);
    }

    /// <summary>The cells in which a picture is measured.</summary>
    public static CellSize CellOf(TerminalFeatures terminal, TerminalProtocol protocol)
        => (protocol == TerminalProtocol.Auto ? terminal.Best : protocol) == TerminalProtocol.Blocks ? CellSize.HalfBlocks : terminal.Cell;

    // The terminal enlarges by itself.
    private static PixelImage Smaller(PixelImage image, PictureSize size)
        => size.PixelWidth < image.Width ? AreaAverage.Resize(image, size.PixelWidth, size.PixelHeight) : image;
}
