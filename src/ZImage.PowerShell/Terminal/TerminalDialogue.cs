using ZImage.Engine.Imaging.Terminal;
using ZImage.Ggml;

namespace ZImage.PowerShell.Terminal;

/// <summary>Finds out what the terminal of this process can draw: by the environment, then by asking it, once.</summary>
internal static class TerminalDialogue
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    private static readonly Lock s_gate = new();
    private static TerminalAnswer? s_answer;

    /// <summary>What the terminal can draw.</summary>
    /// <param name="mayAsk">Whether it may be asked; false where nobody sits before it.</param>
    public static TerminalFeatures Find(bool mayAsk)
    {
        TerminalFeatures known = TerminalEnvironment.Read(Environment.GetEnvironmentVariable, OperatingSystem.IsWindows());
        if (!known.MayBeAsked)
            return known;
        lock (s_gate)
        {
            if (mayAsk)
                s_answer ??= Ask();
            return s_answer is null ? known : known.With(s_answer);
        }
    }

    // Null where it could not be asked now.
    private static TerminalAnswer? Ask()
    {
        if (Console.IsOutputRedirected)
            return null;
        using TerminalInput? input = TerminalInput.Open();
        // What somebody types ahead must neither be lost nor be taken for an answer.
        if (input is null || input.HasInput)
            return null;
        Console.Out.Write(TerminalAnswer.Question);
        Console.Out.Flush();
        return TerminalAnswer.Read(input.Read(received => TerminalAnswer.Read(received).IsComplete, s_patience));
    }
}
