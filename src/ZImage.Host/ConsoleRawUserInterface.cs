using System.Management.Automation;
using System.Management.Automation.Host;

namespace ZImage.Host;

/// <summary>The size of the terminal, which formatting needs; nothing here draws on it cell by cell.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    private static readonly Size Redirected = new(120, 50);

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Size BufferSize { get => WindowSize; set { } }

    public override Size WindowSize { get => TerminalSize(); set { } }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates CursorPosition { get; set; }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle { get; set; } = "ZImage";

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override void FlushInputBuffer()
    {
    }

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = Console.ReadKey((options & ReadKeyOptions.NoEcho) != 0);
        return new KeyInfo((int)key.Key, key.KeyChar, 0, true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => NoCells<BufferCell[,]>();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => NoCells<int>();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => NoCells<int>();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => NoCells<int>();

    private static T NoCells<T>() => throw new PSNotSupportedException("ZImage.Host does not address single cells of the terminal.");

    private static Size TerminalSize()
    {
        if (Console.IsOutputRedirected)
        {
            return Redirected;
        }

        // A terminal without a size (some CI logs) says 0.
        return Console.WindowWidth > 0 ? new Size(Console.WindowWidth, Math.Max(Console.WindowHeight, 1)) : Redirected;
    }
}
