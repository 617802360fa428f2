using System.Globalization;
using System.Text.RegularExpressions;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>What a terminal answers when it is asked what it can draw.</summary>
/// <param name="Sixel">Its primary device attributes have a 4.</param>
/// <param name="Kitty">It has taken a picture of one pixel to try.</param>
/// <param name="Cell">Size of a character cell; null where it does not say.</param>
/// <param name="IsComplete">Whether the last of the answers is there, so that no other will follow.</param>
public sealed partial record TerminalAnswer(bool Sixel, bool Kitty, CellSize? Cell, bool IsComplete)
{
    /// <summary>
    /// Asks for a picture of one pixel to be tried, for the size of a cell, and for the primary device attributes. Every terminal answers the
    /// last, and in order, so behind its answer nothing more comes.
    /// </summary>
    public const string Question = "\e_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\e\\\e[16t\e[c";

    private const string SixelAttribute = "4";

    // Larger cells are no cells.
    private const int MostPixels = 200;

    /// <summary>Reads what has come so far. The escape characters may be missing, as some consoles keep them.</summary>
    public static TerminalAnswer Read(string received)
    {
        Match attributes = Attributes().Match(received), cell = Cells().Match(received);
        return new TerminalAnswer(attributes.Success && attributes.Groups[1].Value.Split(';').Skip(1).Contains(SixelAttribute), Tried().IsMatch(received),
            cell.Success && Number(cell, 1) is { } height && Number(cell, 2) is { } width ? new CellSize(width, height) : null, attributes.Success);
    }

    private static int? Number(Match match, int group)
        => int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= MostPixels ? number : null;

    [GeneratedRegex(@"\[\?([0-9;]*)c", RegexOptions.CultureInvariant)]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\[6;([0-9]+);([0-9]+)t", RegexOptions.CultureInvariant)]
    private static partial Regex Cells();

    [GeneratedRegex("_Gi=31;OK", RegexOptions.CultureInvariant)]
    private static partial Regex Tried();
}
