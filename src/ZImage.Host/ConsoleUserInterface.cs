using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace ZImage.Host;

/// <summary>
/// Writes the streams to the console as pwsh does: errors to standard error, everything else to standard output,
/// progress on a terminal alone.
/// </summary>
internal sealed class ConsoleUserInterface(bool nonInteractive) : PSHostUserInterface
{
    private const string Reset = "\e[0m";
    private static readonly ConsoleRawUserInterface Terminal = new();
    private readonly Lock _gate = new();
    private readonly ProgressLine _progress = new(Terminal);

    public override PSHostRawUserInterface RawUI => Terminal;

    public override bool SupportsVirtualTerminal { get; } = !Console.IsOutputRedirected;

    public override void Write(string value)
    {
        lock (_gate)
        {
            _progress.Clear();
            Console.Out.Write(SupportsVirtualTerminal ? value : new StringDecorated(value).ToString(OutputRendering.PlainText));
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value)
    {
        lock (_gate)
        {
            _progress.Clear();
            Console.Out.Flush();
            Console.Error.WriteLine(Console.IsErrorRedirected ? value : $"\e[31m{value}{Reset}");
        }
    }

    public override void WriteWarningLine(string message) => WriteLabelled("WARNING", message);

    public override void WriteVerboseLine(string message) => WriteLabelled("VERBOSE", message);

    public override void WriteDebugLine(string message) => WriteLabelled("DEBUG", message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
        {
            _progress.Show(record);
        }
    }

    /// <summary>Takes the progress line away, for example before another program writes to the terminal.</summary>
    public void EndProgress()
    {
        lock (_gate)
        {
            _progress.Clear();
        }
    }

    public override string ReadLine()
    {
        RequireInteraction("read a line");
        EndProgress();
        return Console.In.ReadLine() ?? throw new EndOfStreamException("Standard input has ended.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        foreach (char c in ReadLine())
        {
            secret.AppendChar(c);
        }

        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        RequireInteraction("ask for " + string.Join(", ", descriptions.Select(d => d.Name)));
        WriteNonEmpty(caption);
        WriteNonEmpty(message);
        var answers = new Dictionary<string, PSObject>();
        foreach (FieldDescription description in descriptions)
        {
            Write($"{description.Name}: ");
            answers[description.Name] = PSObject.AsPSObject(ReadLine());
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequireInteraction("ask for a choice");
        WriteNonEmpty(caption);
        WriteNonEmpty(message);
        while (true)
        {
            for (int i = 0; i < choices.Count; i++)
            {
                Write($"[{KeyOf(choices[i], i)}] {choices[i].Label.Replace("&", "", StringComparison.Ordinal)}  ");
            }

            Write(defaultChoice >= 0 ? $"(default is \"{KeyOf(choices[defaultChoice], defaultChoice)}\"): " : ": ");
            string answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            for (int i = 0; i < choices.Count; i++)
            {
                if (answer.Equals(KeyOf(choices[i], i), StringComparison.OrdinalIgnoreCase)
                    || answer.Equals(choices[i].Label.Replace("&", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
                {
                    return i;
                }
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName)
        => throw new PSNotSupportedException("ZImage.Host does not ask for credentials.");

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
        => throw new PSNotSupportedException("ZImage.Host does not ask for credentials.");

    private static string KeyOf(ChoiceDescription choice, int index)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? char.ToUpperInvariant(choice.Label[mark + 1]).ToString()
            : (index + 1).ToString(CultureInfo.InvariantCulture);
    }

    private void WriteLabelled(string label, string message)
        => WriteLine(SupportsVirtualTerminal ? $"\e[33m{label}: {message}{Reset}" : $"{label}: {message}");

    private void WriteNonEmpty(string text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            WriteLine(text);
        }
    }

    private void RequireInteraction(string what)
    {
        if (nonInteractive)
        {
            throw new PSInvalidOperationException($"A script wants to {what}, but the host runs with -NonInteractive.");
        }
    }
}
