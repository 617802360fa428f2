using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Removes imported models and frees the memory they hold. A picture that is being drawn is finished first; what waits its turn behind it ends with
/// the error SessionClosed.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "ZModel", DefaultParameterSetName = ByModel, SupportsShouldProcess = true)]
[OutputType(typeof(ModelSession))]
public sealed class RemoveZModelCommand : EngineCmdlet
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

    /// <summary>Puts the models into the pipeline, closed as they are then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

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
        // Whoever stops this need not wait for the picture; the model is removed all the same.
        RunEngine($"Removing '{session.Name}'", (_, cancellation) =>
        {
            Task.Factory.StartNew(session.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellation).GetAwaiter().GetResult();
            return true;
        }, "Waiting for its last picture");
        if (PassThru)
            WriteObject(session);
    }
}
