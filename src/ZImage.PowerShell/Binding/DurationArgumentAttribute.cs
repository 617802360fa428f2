using System.Globalization;
using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>Reads a duration: a number of seconds, a time span, or a text of either. PowerShell itself would take a number for ticks.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationArgumentAttribute : ArgumentTransformationAttribute
{
    // More than any timer waits for, and less than any clock overflows at.
    private const double MostSeconds = 24 * 86400;

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData.Unwrapped();
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        double seconds = value is TimeSpan span ? span.TotalSeconds
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan read) ? read.TotalSeconds
            : throw new ArgumentTransformationMetadataException($"'{text}' is no duration. Write a number of seconds, or hours:minutes:seconds.");
        return seconds is > 0 and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentTransformationMetadataException($"'{text}' is no duration to wait for: it must be above 0 and at most {MostSeconds} seconds.");
    }
}
