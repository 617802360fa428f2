using System.Xml.Linq;

namespace ZImage.Help;

/// <summary>Pages and cmdlets together, in the form that Get-Help reads.</summary>
internal static class Maml
{
    private static readonly XNamespace Text = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Root = "http://msh";

    public static XDocument Of(IEnumerable<(CompiledCmdlet Cmdlet, HelpPage Page)> commands) => new(
        new XElement(Root + "helpItems", new XAttribute("schema", "maml"), commands.Select(command => Of(command.Cmdlet, command.Page))));

    private static XElement Of(CompiledCmdlet cmdlet, HelpPage page)
    {
        Dictionary<string, IReadOnlyList<string>> texts = page.Parameters.ToDictionary(parameter => parameter.Title, parameter => parameter.Text);
        foreach ((string name, string text) in CompiledCmdlet.AskingTexts)
            texts.TryAdd(name, [text]);
        return new XElement(Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Text), new XAttribute(XNamespace.Xmlns + "command", Command), new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(Command + "details",
                new XElement(Command + "name", cmdlet.Name), new XElement(Command + "verb", cmdlet.Verb), new XElement(Command + "noun", cmdlet.Noun),
                Description([page.Synopsis])),
            Description(page.Description),
            new XElement(Command + "syntax", cmdlet.Sets.Select(set =>
                new XElement(Command + "syntaxItem", new XElement(Text + "name", cmdlet.Name), set.Select(parameter => Of(parameter, Written(parameter)))))),
            new XElement(Command + "parameters", cmdlet.Parameters.DistinctBy(parameter => parameter.Name).OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
                .Select(parameter => Of(parameter, Description([.. texts[parameter.Name], .. Choice(parameter)]), Value(parameter), Type(parameter.TypeName),
                    new XElement(Dev + "defaultValue", parameter.Default)))),
            new XElement(Command + "inputTypes", page.Inputs.Select(input => Typed("inputType", input))),
            new XElement(Command + "returnValues", page.Outputs.Select(output => Typed("returnValue", output))),
            page.Notes.Count == 0 ? null : new XElement(Text + "alertSet", new XElement(Text + "alert", Paragraphs(page.Notes))),
            new XElement(Command + "examples", page.Examples.Select((example, i) => Of(example, i + 1))),
            new XElement(Command + "relatedLinks", page.Links.Select(link =>
                new XElement(Text + "navigationLink", new XElement(Text + "linkText", link), new XElement(Text + "uri")))));
    }

    private static XElement Of(CmdletParameter parameter, params XElement?[] contents) => new(Command + "parameter",
        new XAttribute("required", parameter.Attribute.Mandatory ? "true" : "false"), new XAttribute("globbing", parameter.Wildcards ? "true" : "false"),
        new XAttribute("pipelineInput", parameter.PipelineInput), new XAttribute("position", parameter.Position),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(Text + "name", parameter.Name), contents);

    // A closed set of values is written out in the syntax; a switch has no value there.
    private static XElement? Written(CmdletParameter parameter) => parameter.IsSwitch ? null : parameter.Values.Count == 0 ? Value(parameter)
        : new XElement(Command + "parameterValueGroup", parameter.Values.Select(value =>
            new XElement(Command + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), value)));

    private static XElement Value(CmdletParameter parameter) => new(Command + "parameterValue",
        new XAttribute("required", parameter.IsSwitch ? "false" : "true"), new XAttribute("variableLength", parameter.Type.IsArray ? "true" : "false"), parameter.TypeName);

    private static IEnumerable<string> Choice(CmdletParameter parameter)
        => parameter.Values.Count == 0 ? [] : [$"Accepted values: {string.Join(", ", parameter.Values)}."];

    private static XElement Of(HelpExample example, int number) => new(Command + "example",
        new XElement(Text + "title", $"---- Example {number}: {example.Title} ----"), new XElement(Dev + "code", example.Code),
        // Get-Help puts nothing between two examples.
        new XElement(Dev + "remarks", Paragraphs([.. example.Remarks, ""])));

    private static XElement Typed(string element, HelpEntry entry) => new(Command + element, Type(entry.Title), Description(entry.Text));

    private static XElement Type(string name) => new(Dev + "type", new XElement(Text + "name", name), new XElement(Text + "uri"));

    private static XElement Description(IReadOnlyList<string> paragraphs) => new(Text + "description", Paragraphs(paragraphs));

    private static IEnumerable<XElement> Paragraphs(IReadOnlyList<string> paragraphs) => paragraphs.Select(paragraph => new XElement(Text + "para", paragraph));
}
