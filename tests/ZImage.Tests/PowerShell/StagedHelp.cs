using System.Xml.Linq;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>The help that the build made, as it lies beside the cmdlets.</summary>
internal static class StagedHelp
{
    private static readonly XNamespace s_text = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static string Folder => Repository.PathOf("Module", "bin", "en-US");

    /// <summary>The entry of each cmdlet, by its name.</summary>
    public static IReadOnlyDictionary<string, XElement> Commands { get; } = XDocument.Load(Path.Combine(Folder, "ZImage.PowerShell.dll-Help.xml"))
        .Root!.Elements(s_command + "command").ToDictionary(command => command.Element(s_command + "details")!.Element(s_command + "name")!.Value);

    public static IReadOnlyList<string> Topics { get; } =
        [.. Directory.GetFiles(Folder, "about_*.help.txt").Select(file => Path.GetFileName(file)[..^".help.txt".Length])];

    public static string Synopsis(XElement command) => Text(command.Element(s_command + "details"));

    /// <summary>The paragraphs of the description right in an element.</summary>
    public static string Text(XElement? element) => string.Join('\n', element?.Element(s_text + "description")?.Elements(s_text + "para").Select(para => para.Value) ?? []);

    public static IReadOnlyList<XElement> Parameters(XElement command) => [.. command.Element(s_command + "parameters")!.Elements(s_command + "parameter")];

    public static IReadOnlyList<XElement> Sets(XElement command) => [.. command.Element(s_command + "syntax")!.Elements(s_command + "syntaxItem")];

    /// <summary>Those of a set, too.</summary>
    public static IEnumerable<string> ParameterNames(XElement set) => set.Elements(s_command + "parameter").Select(Name);

    public static string Name(XElement element) => element.Element(s_text + "name")!.Value;

    public static IReadOnlyList<string> Inputs(XElement command) => Types(command, "inputTypes", "inputType");

    public static IReadOnlyList<string> Outputs(XElement command) => Types(command, "returnValues", "returnValue");

    public static IReadOnlyList<string> Links(XElement command) => [.. command.Descendants(s_text + "linkText").Select(link => link.Value)];

    public static IReadOnlyList<string> Examples(XElement command) => [.. command.Descendants(s_dev + "code").Select(code => code.Value)];

    private static string[] Types(XElement command, string list, string item)
        => [.. command.Element(s_command + list)!.Elements(s_command + item).Where(type => Text(type).Length > 0).Select(type => Name(type.Element(s_dev + "type")!))];
}
