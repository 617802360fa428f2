using System.Management.Automation;
using System.Reflection;

namespace ZImage.Help;

/// <summary>What the compiler knows of a cmdlet.</summary>
internal sealed class CompiledCmdlet
{
    private CompiledCmdlet(Type type, CmdletAttribute attribute)
    {
        (Verb, Noun) = (attribute.VerbName, attribute.NounName);
        object cmdlet = Activator.CreateInstance(type)!;
        Parameters = [.. type.GetProperties().SelectMany(property => CmdletParameter.Of(property, cmdlet)), .. attribute.SupportsShouldProcess ? Asking : []];
        OutputTypes = [.. type.GetCustomAttributes<OutputTypeAttribute>().SelectMany(output => output.Type).Select(output => output.Name).Distinct()];
    }

    public string Verb { get; }

    public string Noun { get; }

    public string Name => $"{Verb}-{Noun}";

    /// <summary>Each parameter once for each set that it names; one for all sets has the name of all.</summary>
    public IReadOnlyList<CmdletParameter> Parameters { get; }

    public IReadOnlyList<string> OutputTypes { get; }

    /// <summary>The parameters of each set, in the order of a command line.</summary>
    public IEnumerable<IReadOnlyList<CmdletParameter>> Sets => Parameters.Select(parameter => parameter.Attribute.ParameterSetName)
        .Where(set => set != ParameterAttribute.AllParameterSets).Distinct().DefaultIfEmpty(ParameterAttribute.AllParameterSets)
        .Select(set => Parameters.Where(parameter => parameter.Attribute.ParameterSetName is var own && (own == set || own == ParameterAttribute.AllParameterSets))
            .OrderBy(parameter => parameter.IsPositional ? parameter.Attribute.Position : int.MaxValue)
            .ThenByDescending(parameter => parameter.Attribute.Mandatory).ToList());

    /// <summary>What ShouldProcess brings along; their texts are the same everywhere.</summary>
    public static IReadOnlyDictionary<string, string> AskingTexts { get; } = new Dictionary<string, string>
    {
        ["WhatIf"] = "Says what would be done, and does not do it.",
        ["Confirm"] = "Asks before it is done.",
    };

    public static IEnumerable<CompiledCmdlet> All(Assembly assembly) => assembly.GetTypes()
        .Select(type => (Type: type, Attribute: type.GetCustomAttribute<CmdletAttribute>())).Where(each => each.Attribute is not null)
        .Select(each => new CompiledCmdlet(each.Type, each.Attribute!)).OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal);

    private static CmdletParameter[] Asking =>
    [
        new("WhatIf", typeof(SwitchParameter), new ParameterAttribute(), ["wi"], false, [], ""),
        new("Confirm", typeof(SwitchParameter), new ParameterAttribute(), ["cf"], false, [], ""),
    ];
}
