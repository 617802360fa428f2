using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes what Save-ZImage takes, and what Get-ZImageInfo gives.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ShownImageArgumentAttribute : ArgumentTransformationAttribute
{
    private static readonly SavableImageArgumentAttribute s_inMemory = new();

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() is ImageInfo info ? new ShownImage(info.Path, inputData)
            : s_inMemory.Transform(engineIntrinsics, inputData) is SavableImage image ? new ShownImage(image, inputData)
            : inputData;
}
