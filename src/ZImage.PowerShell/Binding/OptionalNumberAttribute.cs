using System.Globalization;
using System.Management.Automation;
using System.Numerics;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// Takes an empty text for "not given", as a CSV file has it, and reads other texts as numbers in the invariant culture.
/// PowerShell itself would read '' as 0, and would pass over a column that it cannot read.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionalNumberAttribute<T> : ArgumentTransformationAttribute
    where T : struct, INumber<T>
{
    // A half is nothing among whole numbers.
    private static readonly bool Whole = T.One / (T.One + T.One) == T.Zero;

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData.Unwrapped() is not string text)
            return inputData;
        if (string.IsNullOrWhiteSpace(text))
            return null!;
        if (T.TryParse(text, Whole ? NumberStyles.Integer : NumberStyles.Float, CultureInfo.InvariantCulture, out T number))
            return number;
        throw new ArgumentTransformationMetadataException($"'{text}' is not {(Whole ? "a whole number" : "a number")} that fits here.");
    }
}
