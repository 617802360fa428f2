using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text;

namespace ZImage.Host;

/// <summary>Reads statements from standard input and runs them, until <c>exit</c> or the input's end.</summary>
internal sealed class Prompt(Shell shell, ConsoleUserInterface ui)
{
    public int Run()
    {
        while (shell.RequestedExitCode is null && ReadStatement() is { } statement)
        {
            shell.Invoke(new Command(statement, isScript: true, useLocalScope: false));
        }

        return shell.RequestedExitCode ?? 0;
    }

    // Lines are read until they parse as a whole, so a block may be typed over several.
    private string? ReadStatement()
    {
        bool echo = !Console.IsInputRedirected;
        var text = new StringBuilder();
        while (true)
        {
            if (echo)
            {
                ui.Write(text.Length == 0 ? shell.Evaluate("prompt") : ">> ");
            }

            if (Console.In.ReadLine() is not { } line)
            {
                return text.Length == 0 ? null : text.ToString();
            }

            text.AppendLine(line);
            Parser.ParseInput(text.ToString(), out _, out ParseError[] errors);
            if (!errors.Any(e => e.IncompleteInput))
            {
                return text.ToString();
            }
        }
    }
}
