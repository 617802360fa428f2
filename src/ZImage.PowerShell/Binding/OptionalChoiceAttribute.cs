using System.Management.Automation;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// Takes an empty text for "not given", as a CSV file has it, and reads other texts as names of the enumeration, with dashes and
/// underscores or without: CondOnly, cond_only. PowerShell itself would pass over a column that it cannot read.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionalChoiceAttribute<T> : ArgumentTransformationAttribute
    where T : struct, Enum
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        // A copy from a file or another process is a number with the name as its text.
        object? value = inputData.CopyOf<T>() is { } copy ? copy.ToString() : inputData.Unwrapped();
        if (value is null or T)
            return inputData;
        if (value is object[] several)
            return several.Select(one => Transform(engineIntrinsics, one)).ToArray();
        string text = value.ToString() ?? "";
        if (string.IsNullOrWhiteSpace(text))
            return null!;
        // Numbers are no names.
        string? name = Enum.GetNames<T>().FirstOrDefault(n => n.Equals(Letters(text), StringComparison.OrdinalIgnoreCase));
        return name is not null
            ? Enum.Parse<T>(name)
            : throw new ArgumentTransformationMetadataException($"'{text}' is none of {string.Join(", ", Enum.GetNames<T>())}.");
    }

    private static string Letters(string text) => text.Trim().Replace("_", "").Replace("-", "");
}
