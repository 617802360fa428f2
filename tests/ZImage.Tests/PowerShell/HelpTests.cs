using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Help and cmdlets say the same: what is in the help, compared with what PowerShell knows of the commands.</summary>
[Collection(CmdletTests.Name)]
public sealed partial class HelpTests(CmdletFixture fixture)
{
    private const byte LoadString = 0x72;

    public static TheoryData<string> Pages => [.. StagedHelp.Commands.Keys];

    [Fact]
    public void EveryExportedCmdletHasHelp()
        => Assert.Equal(fixture.Texts("Get-Command -Module ZImage | ForEach-Object Name").Order(StringComparer.Ordinal), StagedHelp.Commands.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryParameterIsDescribedAsItIs(string name)
    {
        CmdletInfo command = Command(name);
        XElement help = StagedHelp.Commands[name];
        ParameterMetadata[] parameters = [.. command.Parameters.Values.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name)).OrderBy(parameter => parameter.Name, StringComparer.Ordinal)];

        Assert.Equal(parameters.Select(parameter => parameter.Name), StagedHelp.Parameters(help).Select(StagedHelp.Name));
        Assert.All(StagedHelp.Parameters(help).Zip(parameters), pair =>
        {
            ParameterSetMetadata[] sets = [.. pair.Second.ParameterSets.Values];
            Assert.NotEqual("", StagedHelp.Text(pair.First));
            Assert.Equal(pair.Second.Aliases.Count == 0 ? "none" : string.Join(", ", pair.Second.Aliases), pair.First.Attribute("aliases")!.Value);
            Assert.Equal(sets.Any(set => set.ValueFromPipeline), pair.First.Attribute("pipelineInput")!.Value.Contains("ByValue", StringComparison.Ordinal));
            Assert.Equal(sets.Any(set => set.ValueFromPipelineByPropertyName), pair.First.Attribute("pipelineInput")!.Value.Contains("ByPropertyName", StringComparison.Ordinal));
            Assert.Equal(sets.All(set => set.IsMandatory) ? "true" : "false", pair.First.Attribute("required")!.Value);
            Assert.Equal(sets[0].Position >= 0 ? $"{sets[0].Position}" : "named", pair.First.Attribute("position")!.Value);
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void TheSyntaxHasEveryParameterSet(string name)
    {
        IEnumerable<string> known = Command(name).ParameterSets
            .Select(set => string.Join(' ', set.Parameters.Select(parameter => parameter.Name).Except(Cmdlet.CommonParameters).Order(StringComparer.Ordinal)));
        IEnumerable<string> written = StagedHelp.Sets(StagedHelp.Commands[name]).Select(set => string.Join(' ', StagedHelp.ParameterNames(set).Order(StringComparer.Ordinal)));

        Assert.Equal(known.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryPageIsWhole(string name)
    {
        XElement help = StagedHelp.Commands[name];
        string[] outputs = [.. Command(name).OutputType.Select(type => type.Name).Distinct()];

        Assert.EndsWith(".", StagedHelp.Synopsis(help), StringComparison.Ordinal);
        Assert.NotEqual("", StagedHelp.Text(help));
        Assert.True(StagedHelp.Examples(help).Count >= 2);
        Assert.NotEmpty(StagedHelp.Inputs(help));
        Assert.Equal((outputs.Length == 0 ? ["None"] : outputs).Order(), StagedHelp.Outputs(help).Order());
        Assert.NotEmpty(StagedHelp.Links(help));
        Assert.Empty(StagedHelp.Links(help).Except(StagedHelp.Commands.Keys).Except(StagedHelp.Topics));
    }

    [Fact]
    public void TopicsHaveTheirPlaces()
    {
        Assert.Superset(new HashSet<string> { "about_ZImage", "about_ZImage_Errors", "about_ZImage_Offloading", "about_ZImage_Troubleshooting" }, StagedHelp.Topics.ToHashSet());
        Assert.All(StagedHelp.Topics, topic =>
        {
            string[] lines = File.ReadAllLines(Path.Combine(StagedHelp.Folder, $"{topic}.help.txt"));
            Assert.Equal(["TOPIC", $"    {topic}", "", "SHORT DESCRIPTION"], lines[..4]);
            // Code is not broken.
            Assert.DoesNotContain(lines, line => line.Length > 80 && !line.StartsWith("        ", StringComparison.Ordinal));
            Assert.Empty(lines.SkipWhile(line => line != "LINKS").Skip(1).Select(line => line.Trim(' ', '-')).Where(link => link.Length > 0)
                .Except(StagedHelp.Commands.Keys).Except(StagedHelp.Topics));
        });
    }

    [Fact]
    public void TheTableOfErrorsIsThatOfTheProgram()
    {
        string page = File.ReadAllText(Repository.PathOf("Module", "docs", "en-US", "about_ZImage_Errors.md"));
        IEnumerable<string> listed = ErrorRow().Matches(page).Select(row => $"{row.Groups[1]} {row.Groups[2]}");

        Assert.Equal(Faults().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private CmdletInfo Command(string name) => (CmdletInfo)fixture.Session.Run("Get-Command $name -CommandType Cmdlet", ("name", name)).ShouldSucceed().Single.BaseObject;

    // ErrorId and category of each fault.
    private static IEnumerable<string> Faults()
    {
        Assembly[] ours = [.. AssemblyLoadContext.All.Single(c => c.Name == "ZImage").Assemblies.Where(a => a.GetName().Name!.StartsWith("ZImage.", StringComparison.Ordinal))];
        Type fault = ours.SelectMany(a => a.GetTypes()).Single(t => t.FullName == "ZImage.ZImageException");
        MethodInfo categoryOf = ours.Select(a => a.GetType("ZImage.PowerShell.Errors.FaultRecord")).Single(t => t is not null)!.GetMethod("CategoryOf")!;
        return ours.SelectMany(a => a.GetTypes()).Where(t => t.IsSubclassOf(fault) && !t.IsAbstract).Select(t => $"{ErrorId(t)} {categoryOf.Invoke(null, [t])}");
    }

    // The first text that the constructor loads: it is the first argument of the base's, and no fault can be made here without its reasons.
    private static string ErrorId(Type fault)
    {
        byte[] code = fault.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)[0].GetMethodBody()!.GetILAsByteArray()!;
        return fault.Module.ResolveString(BitConverter.ToInt32(code, Array.IndexOf(code, LoadString) + 1));
    }

    [GeneratedRegex(@"^\| ([A-Z]\w+) \| ([A-Z]\w+) \|(?<! Category \|)", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}
