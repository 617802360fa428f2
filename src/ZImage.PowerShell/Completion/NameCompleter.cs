using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes an argument from a list of names, quoted where PowerShell needs it.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    /// <summary>The names there are to choose from, each with what its tooltip says.</summary>
    private protected abstract IEnumerable<(string Name, string ToolTip)> Candidates { get; }

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            string typed = (wordToComplete ?? "").Trim('\'', '"');
            return [.. Candidates.Where(c => c.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Select(Complete)];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // An error while somebody types helps nobody.
            return [];
        }
    }

    private static CompletionResult Complete((string Name, string ToolTip) candidate)
        => new(Quote(candidate.Name), candidate.Name, CompletionResultType.ParameterValue, candidate.ToolTip);

    private static string Quote(string name)
        => name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '+') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
