using System.Collections;
using System.Globalization;
using System.Management.Automation;
using ZImage.Engine.Sampling;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// Reads a list of numbers: an array, or a text such as '1 0.75 0.5' or '1, 0.75, 0.5' in the invariant culture. An empty text is
/// "not given", as a CSV file has it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NumberListAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() switch
        {
            null => null!,
            string text when string.IsNullOrWhiteSpace(text) => null!,
            object value => Read(value).ToArray(),
        };

    private static IEnumerable<float> Read(object? value) => value switch
    {
        string text => NoiseLevels.Parse(text, out string? wrong) ?? throw new ArgumentTransformationMetadataException($"'{wrong}' is not a number."),
        IEnumerable items => items.Cast<object?>().SelectMany(item => Read(item.Unwrapped())),
        IConvertible number and not (bool or char or DateTime) => [number.ToSingle(CultureInfo.InvariantCulture)],
        _ => throw new ArgumentTransformationMetadataException($"'{value}' is not a number."),
    };
}
