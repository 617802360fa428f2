using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes only texts and numbers for a prompt; PowerShell would turn any object into some text, such as its type's name.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PromptTextAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        if (value is null or string or char or IFormattable)
            return inputData;
        string message = $"A prompt is a text, and this is a {value.GetType().Name}.";
        // This inner exception lets the binder go on and try the other parameters that take pipeline input.
        throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
