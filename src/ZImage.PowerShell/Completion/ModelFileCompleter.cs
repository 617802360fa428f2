using System.Collections;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Language;
using ZImage.Engine.Checkpoints;

namespace ZImage.PowerShell.Completion;

/// <summary>
/// Completes paths of model files, by their headers, and the folders on the way. A parameter for one component gets only files that hold it. What
/// cannot be told in a moment is offered all the same.
/// </summary>
public sealed class ModelFileCompleter : IArgumentCompleter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            ComponentKind? wanted = parameterName switch
            {
                "Diffusion" => ComponentKind.Transformer,
                "TextEncoder" => ComponentKind.TextEncoder,
                "Vae" => ComponentKind.Autoencoder,
                _ => null,
            };
            long began = Stopwatch.GetTimestamp();
            return [.. CompletionCompleters.CompleteFilename(wordToComplete ?? "").Where(found =>
                found.ResultType == CompletionResultType.ProviderContainer
                || (ModelFolder.IsModelFile(found.ToolTip) && (wanted is null || Stopwatch.GetElapsedTime(began) > s_patience || Holds(found.ToolTip, wanted.Value))))];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // An error while somebody types helps nobody.
            return [];
        }
    }

    private static bool Holds(string path, ComponentKind wanted)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            return ComponentRecognizer.RecognizeAll(checkpoint).Any(component => component.Kind == wanted);
        }
        catch (ModelFileException)
        {
            return false;
        }
    }
}
