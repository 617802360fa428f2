using System.Collections;
using System.Management.Automation;
using ZImage.Engine.Measuring;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// Takes configurations to measure: hashtables, rows of a CSV file and the like, and those of earlier measurements. Other objects of the pipeline
/// are left to the parameters that are called as their properties.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConfigurationArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        if (value is object[] several)
            return several.SelectMany(one => (object[])Transform(engineIntrinsics, one)).ToArray();
        if (value is IDictionary or MeasureConfiguration)
            return new[] { value };
        if (inputData is PSObject { BaseObject: PSCustomObject })
            return new object[] { inputData };
        string message = $"A configuration is a hashtable or an object with settings, and this is a {value?.GetType().Name ?? "null"}.";
        // This inner exception lets the binder go on and try the other parameters that take pipeline input.
        throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
