using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Removes imported models and frees the memory they hold.</summary>
[Cmdlet(VerbsCommon.Remove, "ZModel", DefaultParameterSetName = ByModel, SupportsShouldProcess = true)]
public sealed class RemoveZModelCommand : ZImageCmdlet
{
    private const string ByModel = "Model";
    private const string ByName = "Name";

    /// <summary>The imported model, as Import-ZModel or Get-ZModel give it, or its name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByModel)]
    [ModelArgument]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public ModelReference[] Model { get; set; } = [];

    /// <summary>Names of imported models; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByName)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ModelReference model in Model)
            Report(() => Remove(model));
        foreach (string name in Name)
        {
            Report(() =>
            {
                foreach (ModelSession session in OpenSessions.Match(name))
                    Remove(session);
            });
        }
    }

    private void Remove(ModelReference model)
    {
        try
        {
            Remove(model.Find());
        }
        catch (SessionClosedException)
        {
            // What is removed already needs no removing.
        }
    }

    private void Remove(ModelSession session)
    {
        if (!ShouldProcess(session.Name, "Remove the imported model"))
            return;
        OpenSessions.Remove(session);
        session.Dispose();
    }
}
