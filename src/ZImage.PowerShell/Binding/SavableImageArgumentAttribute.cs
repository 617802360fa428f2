using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes an image of New-ZImage, or pixels.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SavableImageArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => inputData.Unwrapped() switch
    {
        GeneratedImage image => new SavableImage(image),
        PixelImage pixels => new SavableImage(pixels),
        _ => inputData,
    };
}
