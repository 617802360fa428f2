using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Reads the settings that PNG, JPEG and WebP files carry, those of other image programs too, as objects that New-ZImage takes
/// from the pipeline.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ZImageInfo", DefaultParameterSetName = ByPath)]
[OutputType(typeof(ImageInfo))]
public sealed class GetZImageInfoCommand : ImageFileCmdlet
{
    private protected override void ProcessFile(string path)
    {
        ImageInfo info = ImageInfo.Read(path);
        foreach (string warning in info.Warnings)
            WriteWarning($"{path}: {warning}");
        WriteObject(info);
    }
}
