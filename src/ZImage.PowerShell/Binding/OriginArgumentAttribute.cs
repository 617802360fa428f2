using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes the origin of an image, or what came back of one from a file or another process; an empty text is "not given".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OriginArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => inputData.Unwrapped() switch
    {
        string text => string.IsNullOrWhiteSpace(text) ? null! : ImageOrigin.Parse(text),
        // The text of a copy is the one that the origin had.
        _ when inputData.CopyOf<ImageOrigin>() is { } copy => ImageOrigin.Parse(copy.ToString()),
        _ => inputData,
    };
}
