using System.Globalization;
using System.Management.Automation;
using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Binding;

/// <summary>Reads a memory budget: a text such as 12GB, -1GB, 80% or auto, or a number of bytes; an empty text is "not given".</summary>
/// <param name="setting">The parameter's name for the error.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MemoryBudgetArgumentAttribute(string setting) : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        if (value is null or MemoryBudget)
            return inputData;
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        if (string.IsNullOrWhiteSpace(text))
            return null!;
        try
        {
            return MemoryBudget.Parse(text, setting);
        }
        catch (InvalidMemoryBudgetException fault)
        {
            throw new ArgumentTransformationMetadataException($"{fault.Message} {fault.RecommendedAction}", fault);
        }
    }
}
