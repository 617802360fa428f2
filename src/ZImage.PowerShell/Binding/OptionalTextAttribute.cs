using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes an empty text for "not given", as a CSV file has it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionalTextAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() is string text && string.IsNullOrWhiteSpace(text) ? null! : inputData;
}
