using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

internal static class PipelineObject
{
    /// <summary>The object itself, without what PowerShell wrapped around it.</summary>
    public static object? Unwrapped(this object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
