namespace ZImage.Engine.Imaging.Terminal;

/// <summary>What a terminal is known to draw.</summary>
public sealed record TerminalFeatures
{
    // Windows Terminal's cell for graphics, and that of the VT340 for which sixels were made.
    private static readonly CellSize s_usualCell = new(10, 20);

    public bool Sixel { get; init; }

    public bool Kitty { get; init; }

    public bool ITerm2 { get; init; }

    public TerminalColors Colors { get; init; }

    /// <summary>Size of a character cell; the usual one where the terminal has not said.</summary>
    public CellSize Cell { get; init; } = s_usualCell;

    /// <summary>Whether the terminal may be asked what it can: false where it would print the question, or answer for another one.</summary>
    public bool MayBeAsked { get; init; }

    /// <summary>The best way: those that keep all colours come first, and half blocks last.</summary>
    public TerminalProtocol Best => Kitty ? TerminalProtocol.Kitty : ITerm2 ? TerminalProtocol.ITerm2 : Sixel ? TerminalProtocol.Sixel : TerminalProtocol.Blocks;

    /// <summary>With what the terminal itself has answered.</summary>
    public TerminalFeatures With(TerminalAnswer answer) => this with { Sixel = Sixel || answer.Sixel, Kitty = Kitty || answer.Kitty, Cell = answer.Cell ?? Cell };
}
