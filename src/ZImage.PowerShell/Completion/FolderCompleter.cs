using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes paths of folders.</summary>
public sealed class FolderCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return [.. CompletionCompleters.CompleteFilename(wordToComplete ?? "").Where(found => found.ResultType == CompletionResultType.ProviderContainer)];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // An error while somebody types helps nobody.
            return [];
        }
    }
}
