using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// Takes only texts and numbers from the pipeline. PowerShell would turn any object into some text, such as its type's name,
/// before it tries the object's properties.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextOnlyAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        if (value is null || IsText(value) || (value is object[] several && several.All(one => IsText(one.Unwrapped()))))
            return inputData;
        string message = $"A text is needed, and this is a {value.GetType().Name}.";
        // This inner exception lets the binder go on and try the other parameters that take pipeline input.
        throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }

    private static bool IsText(object? value) => value is null or string or char or IFormattable;
}
