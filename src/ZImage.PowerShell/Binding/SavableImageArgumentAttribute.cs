using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes an image of New-ZImage, or pixels, also those that come from Import-Clixml, a job or a remote session.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SavableImageArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => inputData.Unwrapped() switch
    {
        GeneratedImage image => new SavableImage(image),
        PixelImage pixels => new SavableImage(pixels),
        _ when inputData.CopyOf<GeneratedImage>() is not null || inputData.CopyOf<PixelImage>() is not null
            => SavableImage.FromCopy(inputData) ?? throw new ArgumentTransformationMetadataException(
                "The image has lost its pixels on its way through a file or another process. Import the module ZImage there before the image is written."),
        _ => inputData,
    };
}
