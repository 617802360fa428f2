using System.Management.Automation.Runspaces;

namespace ZImage.Host;

/// <summary>An argument of -File as PowerShell binds it: <c>-Name</c>, <c>-Name:value</c> or a plain value.</summary>
internal static class ScriptArgument
{
    public static CommandParameter Parse(string argument)
    {
        if (argument.Length < 2 || argument[0] != '-' || !(char.IsLetter(argument[1]) || argument[1] == '_'))
        {
            return new CommandParameter(null, argument);
        }

        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new CommandParameter(argument)
            : new CommandParameter(argument[1..colon], ValueOf(argument[(colon + 1)..]));
    }

    // A switch can only be given a value this way: -Force:$false.
    private static object ValueOf(string text)
        => text.ToLowerInvariant() switch { "$true" => true, "$false" => false, _ => text };
}
