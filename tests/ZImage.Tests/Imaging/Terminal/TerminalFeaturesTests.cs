using ZImage.Engine.Imaging.Terminal;

namespace ZImage.Tests.Imaging.Terminal;

/// <summary>What is known of a terminal, by its environment and by its answers.</summary>
public sealed class TerminalFeaturesTests
{
    [Theory]
    [InlineData("TERM=xterm-kitty KITTY_WINDOW_ID=1 COLORTERM=truecolor", TerminalProtocol.Kitty, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-ghostty TERM_PROGRAM=ghostty", TerminalProtocol.Kitty, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-256color TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.5", TerminalProtocol.ITerm2, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-256color TERM_PROGRAM=WezTerm", TerminalProtocol.ITerm2, TerminalColors.Full, true)]
    [InlineData("TERM=foot", TerminalProtocol.Sixel, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-256color KONSOLE_VERSION=220401 COLORTERM=truecolor", TerminalProtocol.Sixel, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-256color KONSOLE_VERSION=210800", TerminalProtocol.Blocks, TerminalColors.Palette, true)]
    [InlineData("TERM=xterm-256color VTE_VERSION=7600 COLORTERM=truecolor", TerminalProtocol.Blocks, TerminalColors.Full, true)]
    // Versions of these differ, and settings: they are asked.
    [InlineData("TERM=xterm-256color WT_SESSION=1", TerminalProtocol.Blocks, TerminalColors.Full, true)]
    [InlineData("TERM=xterm-256color TERM_PROGRAM=vscode", TerminalProtocol.Blocks, TerminalColors.Full, true)]
    // A multiplexer's own answer says nothing of the terminal, and what it inherited may be of another.
    [InlineData("TERM=tmux-256color TMUX=/tmp/tmux KITTY_WINDOW_ID=1", TerminalProtocol.Blocks, TerminalColors.Palette, false)]
    [InlineData("TERM=screen STY=1", TerminalProtocol.Blocks, TerminalColors.Sixteen, false)]
    // These would print a question.
    [InlineData("TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", TerminalProtocol.Blocks, TerminalColors.Palette, false)]
    [InlineData("TERM=linux", TerminalProtocol.Blocks, TerminalColors.Sixteen, false)]
    [InlineData("TERM=dumb COLORTERM=truecolor", TerminalProtocol.Blocks, TerminalColors.None, false)]
    [InlineData("", TerminalProtocol.Blocks, TerminalColors.Sixteen, false)]
    [InlineData("TERM=xterm-kitty NO_COLOR=1", TerminalProtocol.Kitty, TerminalColors.None, true)]
    public void The_environment_says_what_a_terminal_is(string variables, TerminalProtocol best, TerminalColors colors, bool mayBeAsked)
    {
        TerminalFeatures features = Read(variables, isWindows: false);

        Assert.Equal((best, colors, mayBeAsked), (features.Best, features.Colors, features.MayBeAsked));
    }

    [Fact]
    public void The_console_of_Windows_has_all_colours_and_is_asked()
    {
        TerminalFeatures features = Read("", isWindows: true);

        Assert.Equal((TerminalProtocol.Blocks, TerminalColors.Full, true), (features.Best, features.Colors, features.MayBeAsked));
    }

    [Theory]
    // Windows Terminal 1.22, xterm with sixels, kitty, VTE, none of it, nothing at all.
    [InlineData("\e[6;20;10t\e[?61;4;6;7;14;21;22;23;24;28;32;42c", TerminalProtocol.Sixel, 10, 20, true)]
    [InlineData("\e[6;17;9t\e[?63;1;2;4;6;9;15;22c", TerminalProtocol.Sixel, 9, 17, true)]
    [InlineData("\e_Gi=31;OK\e\\\e[6;30;15t\e[?62;c", TerminalProtocol.Kitty, 15, 30, true)]
    [InlineData("\e[6;19;9t\e[?65;1;9c", TerminalProtocol.Blocks, 9, 19, true)]
    // 4 as the class of the terminal is no attribute, and 64 is no 4.
    [InlineData("\e[?4;6c", TerminalProtocol.Blocks, 10, 20, true)]
    [InlineData("\e[?64;14;42c", TerminalProtocol.Blocks, 10, 20, true)]
    [InlineData("\e_Gi=31;ENOTSUPPORTED:no\e\\\e[?6c", TerminalProtocol.Blocks, 10, 20, true)]
    // Windows keeps the escape characters of what it takes for keys.
    [InlineData("[6;20;10t[?61;4c", TerminalProtocol.Sixel, 10, 20, true)]
    // Nonsense, or half an answer.
    [InlineData("\e[6;0;0t\e[6;99999999999;1t\e[?62", TerminalProtocol.Blocks, 10, 20, false)]
    [InlineData("ls -l\r", TerminalProtocol.Blocks, 10, 20, false)]
    [InlineData("", TerminalProtocol.Blocks, 10, 20, false)]
    public void The_terminal_itself_says_what_it_draws(string received, TerminalProtocol best, int width, int height, bool isComplete)
    {
        TerminalAnswer answer = TerminalAnswer.Read(received);
        TerminalFeatures features = Read("TERM=xterm-256color", isWindows: false).With(answer);

        Assert.Equal((best, new CellSize(width, height), isComplete), (features.Best, features.Cell, answer.IsComplete));
    }

    private static TerminalFeatures Read(string variables, bool isWindows)
    {
        Dictionary<string, string> set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return TerminalEnvironment.Read(set.GetValueOrDefault, isWindows);
    }
}
