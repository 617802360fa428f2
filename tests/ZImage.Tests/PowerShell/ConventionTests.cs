using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace ZImage.Tests.Cmdlets;

/// <summary>What every cmdlet and every fault of the module has in common.</summary>
[Collection(CmdletTests.Name)]
public sealed class ConventionTests
{
    // The fixture imports the module, which loads the assemblies into their context.
    public ConventionTests(CmdletFixture fixture) => Assert.NotNull(fixture.Session);

    private static Assembly Cmdlets => AssemblyLoadContext.All.Single(c => c.Name == "ZImage").Assemblies.Single(a => a.GetName().Name == "ZImage.PowerShell");

    private static (Type Type, CmdletAttribute Cmdlet)[] All =>
        [.. Cmdlets.GetTypes().Select(t => (t, t.GetCustomAttribute<CmdletAttribute>())).Where(p => p.Item2 is not null).Select(p => (p.t, p.Item2!))];

    [Fact]
    public void VerbsAreApprovedAndNounsAreSingularWithOnePrefix()
    {
        Type[] groups = [typeof(VerbsCommon), typeof(VerbsData), typeof(VerbsLifecycle), typeof(VerbsDiagnostic), typeof(VerbsCommunications), typeof(VerbsSecurity), typeof(VerbsOther)];
        HashSet<string> approved = [.. groups.SelectMany(g => g.GetFields()).Select(f => (string)f.GetValue(null)!)];

        Assert.All(All, c => Assert.Contains(c.Cmdlet.VerbName, approved));
        Assert.All(All, c => Assert.Matches("^Z[A-Z][A-Za-z]*[^s]$", c.Cmdlet.NounName));
        Assert.All(All, c => Assert.Equal(c.Cmdlet.VerbName + c.Cmdlet.NounName + "Command", c.Type.Name));
        Assert.All(All, c => Assert.True(c.Type.IsSealed));
    }

    [Fact]
    public void CmdletsThatWriteObjectsSayOfWhichType()
        => Assert.All(All.Where(c => c.Cmdlet.VerbName != VerbsCommon.Remove), c => Assert.NotEmpty(c.Type.GetCustomAttributes<OutputTypeAttribute>()));

    [Fact]
    public void CmdletsThatComputeOrChangeSomethingKnowWhatIf()
        => Assert.Equal(["Clear-ZCache", "Export-ZReport", "New-ZImage", "Remove-ZModel", "Save-ZImage", "Save-ZModelFile", "Set-ZOffload"], All.Where(c => c.Cmdlet.SupportsShouldProcess).Select(c => $"{c.Cmdlet.VerbName}-{c.Cmdlet.NounName}").Order());

    [Theory]
    [InlineData("New-ZImage")]
    [InlineData("Import-ZModel")]
    [InlineData("Get-ZMemoryPlan")]
    [InlineData("Set-ZOffload")]
    public void EveryOptionBindsByPropertyName(string name)
    {
        Type type = All.Single(c => $"{c.Cmdlet.VerbName}-{c.Cmdlet.NounName}" == name).Type;
        IEnumerable<string> others = type.GetProperties()
            .Where(p => p.GetCustomAttributes<ParameterAttribute>().Any() && p.PropertyType != typeof(SwitchParameter))
            .Where(p => !p.GetCustomAttributes<ParameterAttribute>().All(a => a.ValueFromPipelineByPropertyName))
            .Select(p => p.Name);

        Assert.Empty(others);
    }

    // What counts differs between an option of a request and one that stays; each place has words of its own for it.
    [Fact]
    public void OptionsOfARequestAreDeclaredOnce()
    {
        Type[] requests = [.. All.Select(c => c.Type).Where(t => Bases(t).Any(b => b.Name == "RequestCmdlet"))];
        string[] own = ["Prompt", "VramBudget", "OffloadMode"];
        IEnumerable<string> twice = requests
            .SelectMany(t => t.GetProperties().Where(p => p.GetCustomAttributes<ParameterAttribute>().Any()).Select(p => (p.Name, p.DeclaringType)))
            .Distinct().GroupBy(p => p.Name).Where(p => p.Count() > 1).Select(p => p.Key).Except(own);

        Assert.True(requests.Length >= 3);
        Assert.Empty(twice);
    }

    [Fact]
    public void AtMostTwoParametersArePositional()
        => Assert.All(All, c => Assert.True(c.Type.GetProperties().Count(p => p.GetCustomAttributes<ParameterAttribute>().Any(a => a.Position >= 0)) <= 2));

    private static IEnumerable<Type> Bases(Type type)
    {
        for (Type? t = type.BaseType; t is not null; t = t.BaseType)
            yield return t;
    }

    [Fact]
    public void EveryFaultHasAnErrorCategory()
    {
        Assembly[] ours = [.. AssemblyLoadContext.All.Single(c => c.Name == "ZImage").Assemblies.Where(a => a.GetName().Name!.StartsWith("ZImage.", StringComparison.Ordinal))];
        Type fault = ours.SelectMany(a => a.GetTypes()).Single(t => t.FullName == "ZImage.ZImageException");
        MethodInfo categoryOf = Cmdlets.GetType("ZImage.PowerShell.Errors.FaultRecord")!.GetMethod("CategoryOf")!;
        Type[] faults = [.. ours.SelectMany(a => a.GetTypes()).Where(t => t.IsSubclassOf(fault) && !t.IsAbstract)];

        Assert.True(faults.Length > 20);
        Assert.DoesNotContain(faults, t => (ErrorCategory)categoryOf.Invoke(null, [t])! == ErrorCategory.NotSpecified);
        Assert.All(faults, t => Assert.True(t.IsSealed, t.Name));
    }
}
