using System.Management.Automation;

namespace ZImage.Host;

/// <summary>An error record as text: where, what, its id, and on a second line what to do.</summary>
internal static class ErrorText
{
    /// <summary><c>Save-ZImage: The file exists. [FileExists,ZImage.PowerShell.SaveZImage] (draw.ps1:12)</c></summary>
    public static string Format(ErrorRecord error)
    {
        // What a program wrote to its standard error is no error of ours, only a line to pass on.
        if (error.FullyQualifiedErrorId.StartsWith("NativeCommandError", StringComparison.Ordinal))
        {
            return error.Exception.Message;
        }

        string message = string.IsNullOrEmpty(error.ErrorDetails?.Message) ? error.Exception.Message : error.ErrorDetails.Message;
        string source = error.InvocationInfo?.MyCommand?.Name is { Length: > 0 } name ? name + ": " : "";
        string place = error.InvocationInfo is { ScriptName.Length: > 0 } at
            ? $" ({Path.GetFileName(at.ScriptName)}:{at.ScriptLineNumber})"
            : "";
        // throw 'text' makes the text its own id.
        string id = error.FullyQualifiedErrorId == message ? "" : $" [{error.FullyQualifiedErrorId}]";
        string text = source + message.ReplaceLineEndings(" ").TrimEnd() + id + place;
        return string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction)
            ? text
            : $"{text}{Environment.NewLine}  {error.ErrorDetails.RecommendedAction}";
    }
}
