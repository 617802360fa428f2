namespace ZImage.Engine.Imaging.Terminal;

/// <summary>What the environment variables say of the terminal.</summary>
public static class TerminalEnvironment
{
    // Konsole's number of 22.04, the first with sixels.
    private const int KonsoleWithSixel = 220400;

    /// <summary>Reads the variables of a program that runs in the terminal.</summary>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    /// <param name="isWindows">Whether the console is that of Windows.</param>
    public static TerminalFeatures Read(Func<string, string?> variable, bool isWindows)
    {
        string term = Of("TERM"), program = Of("TERM_PROGRAM");
        var features = new TerminalFeatures { Colors = ColorsOf(variable, isWindows) };
        // A multiplexer answers for itself, and what it stands in may have changed since; the variables are those of where it was started.
        if (IsSet("TMUX") || IsSet("STY") || IsSet("ZELLIJ") || StartsWith(term, "screen", "tmux"))
            return features;
        // These print what they do not know.
        if (term is "dumb" or "linux" || program == "Apple_Terminal" || IsSet("INSIDE_EMACS") || Of("TERMINAL_EMULATOR").StartsWith("JetBrains", StringComparison.Ordinal) || term.Length == 0 && !isWindows)
            return features;
        return features with
        {
            MayBeAsked = true,
            Kitty = IsSet("KITTY_WINDOW_ID") || program == "ghostty" || term is "xterm-kitty" or "xterm-ghostty",
            ITerm2 = program is "iTerm.app" or "WezTerm" || Of("LC_TERMINAL") == "iTerm2",
            Sixel = StartsWith(term, "foot", "mlterm", "contour") || int.TryParse(Of("KONSOLE_VERSION"), out int konsole) && konsole >= KonsoleWithSixel,
        };

        string Of(string name) => variable(name) ?? "";
        bool IsSet(string name) => Of(name).Length > 0;
    }

    private static TerminalColors ColorsOf(Func<string, string?> variable, bool isWindows)
    {
        string term = variable("TERM") ?? "", program = variable("TERM_PROGRAM") ?? "";
        if (!string.IsNullOrEmpty(variable("NO_COLOR")) || term == "dumb")
            return TerminalColors.None;
        if (program == "Apple_Terminal")
            return TerminalColors.Palette;
        // The console of Windows has had all colours since 2016.
        if (isWindows || variable("COLORTERM") is "truecolor" or "24bit" || !string.IsNullOrEmpty(variable("WT_SESSION")) || program is "iTerm.app" or "WezTerm" or "ghostty" or "vscode"
            || StartsWith(term, "xterm-kitty", "xterm-ghostty", "foot", "contour", "alacritty") || term.EndsWith("-direct", StringComparison.Ordinal))
            return TerminalColors.Full;
        return term.Contains("256color", StringComparison.Ordinal) ? TerminalColors.Palette : TerminalColors.Sixteen;
    }

    private static bool StartsWith(string text, params ReadOnlySpan<string> starts)
    {
        foreach (string start in starts)
        {
            if (text.StartsWith(start, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
