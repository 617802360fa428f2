using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

internal static class PipelineObject
{
    /// <summary>The object itself, without what PowerShell wrapped around it.</summary>
    public static object? Unwrapped(this object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>What is left of an object that went through a file of Export-Clixml, a job or a remote session: its properties, and its text; null for any other.</summary>
    public static PSObject? CopyOf<T>(this object? value)
        => value is PSObject copy && copy.TypeNames.Contains("Deserialized." + typeof(T).FullName) ? copy : null;

    /// <summary>A property of a copy; null where it is missing or of another type.</summary>
    public static T? Get<T>(this PSObject copy, string name) => copy.Properties[name]?.Value.Unwrapped() is T value ? value : default;

    /// <summary>A property of a copy that is a copy itself.</summary>
    public static PSObject? GetCopy<T>(this PSObject copy, string name) => copy.Properties[name]?.Value.CopyOf<T>();
}
