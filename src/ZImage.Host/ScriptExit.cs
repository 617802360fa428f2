using System.Management.Automation.Runspaces;
using System.Reflection;

namespace ZImage.Host;

/// <summary>
/// <c>exit</c> in a script file ends that file alone, unless the engine was told that the file is the host's main script.
/// pwsh tells it by an internal flag; there is no public way.
/// </summary>
internal static class ScriptExit
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static void LetNextScriptEndHost(Runspace runspace)
    {
        object context = typeof(Runspace).GetProperty("GetExecutionContext", Instance)!.GetValue(runspace)!;
        context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Instance)!.SetValue(context, true);
    }
}
