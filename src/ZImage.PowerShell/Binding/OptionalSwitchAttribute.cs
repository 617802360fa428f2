using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Reads true and false, as a CSV file has them; an empty text is off. PowerShell itself reads no texts for a switch.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionalSwitchAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        // An empty cell at the end of a row is null, which PowerShell would take for a switch that is on.
        object? value = inputData.Unwrapped() ?? "";
        if (value is not string text)
            return inputData;
        if (string.IsNullOrWhiteSpace(text))
            return new SwitchParameter(false);
        return bool.TryParse(text, out bool on) ? new SwitchParameter(on) : throw new ArgumentTransformationMetadataException($"'{text}' is neither true nor false.");
    }
}
