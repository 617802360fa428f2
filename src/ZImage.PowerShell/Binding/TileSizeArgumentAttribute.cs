using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Reads the size of a tile in pixels, and <c>auto</c> as 0; an empty text is "not given".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TileSizeArgumentAttribute : ArgumentTransformationAttribute
{
    private static readonly OptionalNumberAttribute<int> s_number = new();

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() is string text && text.Trim().Equals("auto", StringComparison.OrdinalIgnoreCase) ? 0 : s_number.Transform(engineIntrinsics, inputData);
}
