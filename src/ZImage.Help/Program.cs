// Makes the help of the module: ZImage.Help PAGES OUTPUT
// PAGES is Module/docs/en-US; OUTPUT gets the help of the cmdlets, which Get-Help looks for by the name of their assembly, and the about topics.
using System.Reflection;
using System.Text;
using System.Xml;
using ZImage.Help;
using ZImage.PowerShell.Cmdlets;

try
{
    (string docs, string output) = (args[0], args[1]);
    Assembly assembly = typeof(ZImageCmdlet).Assembly;
    string[] files = [.. Directory.GetFiles(docs, "*.md").Order(StringComparer.Ordinal)];
    Dictionary<string, string> topics = files.Where(file => Path.GetFileName(file).StartsWith("about_", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), AboutTopic.Read);
    Dictionary<string, HelpPage> pages = files.Where(file => !topics.ContainsKey(Path.GetFileNameWithoutExtension(file))).Select(HelpPage.Read).ToDictionary(page => page.Name);
    CompiledCmdlet[] cmdlets = [.. CompiledCmdlet.All(assembly)];

    var known = pages.Keys.Concat(topics.Keys).ToHashSet();
    string[] faults =
    [
        .. cmdlets.Where(cmdlet => !pages.ContainsKey(cmdlet.Name)).Select(cmdlet => $"{cmdlet.Name}.md: the cmdlet has no page."),
        .. pages.Keys.Except(cmdlets.Select(cmdlet => cmdlet.Name)).Select(name => $"{name}.md: there is no such cmdlet."),
        .. cmdlets.Where(cmdlet => pages.ContainsKey(cmdlet.Name)).SelectMany(cmdlet => Drift.Between(cmdlet, pages[cmdlet.Name], known)),
    ];
    if (faults.Length > 0)
        throw new HelpPageException(faults);

    Directory.CreateDirectory(output);
    using (var writer = XmlWriter.Create(Path.Combine(output, $"{assembly.GetName().Name}.dll-Help.xml"), new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false) }))
        Maml.Of(cmdlets.Select(cmdlet => (cmdlet, pages[cmdlet.Name]))).Save(writer);
    foreach ((string name, string text) in topics)
        File.WriteAllText(Path.Combine(output, $"{name}.help.txt"), text);
    return 0;
}
catch (HelpPageException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
