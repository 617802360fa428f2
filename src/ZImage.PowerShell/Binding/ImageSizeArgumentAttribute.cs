using System.Globalization;
using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Reads a size such as '1024x768'; an empty text is "not given".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImageSizeArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        if (value is null or ImageSize)
            return inputData;
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        if (value is string && string.IsNullOrWhiteSpace(text))
            return null!;
        if (ImageSize.TryParse(text, out ImageSize size))
            return size;
        throw new ArgumentTransformationMetadataException($"'{text}' is not a size. Write width x height in pixels, for example 512x512 or 1024x768.");
    }
}
