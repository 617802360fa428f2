using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace ZImage.Help;

/// <summary>A parameter in one of its sets, as it is compiled.</summary>
internal sealed record CmdletParameter(string Name, Type Type, ParameterAttribute Attribute, IReadOnlyList<string> Aliases, bool Wildcards, IReadOnlyList<string> Values, string Default)
{
    public bool IsSwitch => Type == typeof(SwitchParameter);

    public bool IsPositional => Attribute.Position >= 0;

    public string TypeName => (Nullable.GetUnderlyingType(Type) ?? Type).Name;

    public string Position => IsPositional ? Attribute.Position.ToString(CultureInfo.InvariantCulture) : "named";

    public string PipelineInput => (Attribute.ValueFromPipeline, Attribute.ValueFromPipelineByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    public static IEnumerable<CmdletParameter> Of(PropertyInfo property, object cmdlet)
        => property.GetCustomAttributes<ParameterAttribute>().Select(attribute => new CmdletParameter(property.Name, property.PropertyType, attribute,
            [.. property.GetCustomAttributes<AliasAttribute>().SelectMany(alias => alias.AliasNames)],
            property.IsDefined(typeof(SupportsWildcardsAttribute)), ValuesOf(property), attribute.Mandatory ? "" : Text(property.GetValue(cmdlet))));

    // An enumeration, or a text that an attribute of ours reads as one.
    private static string[] ValuesOf(PropertyInfo property)
    {
        Type element = property.PropertyType.GetElementType() ?? property.PropertyType;
        Type[] candidates = [Nullable.GetUnderlyingType(element) ?? element, .. property.GetCustomAttributes().SelectMany(attribute => attribute.GetType().GetGenericArguments())];
        return candidates.FirstOrDefault(type => type.IsEnum) is { } choice ? Enum.GetNames(choice) : [];
    }

    private static string Text(object? value) => value switch
    {
        null or SwitchParameter => "",
        string text => text,
        IEnumerable several => string.Join(", ", several.Cast<object>()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
