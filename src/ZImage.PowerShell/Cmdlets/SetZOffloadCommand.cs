using System.Globalization;
using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Changes how an imported model uses the memory of its device, without importing it again. What is not given stays as it is.</summary>
[Cmdlet(VerbsCommon.Set, "ZOffload", SupportsShouldProcess = true)]
[OutputType(typeof(ModelSession))]
public sealed class SetZOffloadCommand : OffloadCmdlet
{
    /// <summary>The imported model, as Import-ZModel or Get-ZModel give it, or its name; the default model when left out: the one this runspace imported last.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ModelArgument]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public ModelReference? Model { get; set; }

    /// <summary>Puts the model into the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessInput() => Report(() =>
    {
        ModelSession session = Model?.Find() ?? OpenSessions.Latest;
        OffloadOptions wanted = Change(session.Offload);
        if (ShouldProcess(session.Name, Describe(session.Offload, wanted)))
        {
            RunEngine($"Changing how '{session.Name}' uses memory", (observer, cancellation) =>
            {
                session.SetOffload(wanted, observer, cancellation);
                // Not the session: what a run gives and nobody takes is disposed.
                return true;
            });
        }
        if (PassThru)
            WriteObject(session);
    });

    private static string Describe(OffloadOptions before, OffloadOptions after)
    {
        (string Name, string Before, string After)[] all =
        [
            (nameof(OffloadMode), $"{before.Mode}", $"{after.Mode}"),
            (nameof(TextEncoderOnCpu), $"{before.TextEncoderOnCpu}", $"{after.TextEncoderOnCpu}"),
            (nameof(VaeOnCpu), $"{before.VaeOnCpu}", $"{after.VaeOnCpu}"),
            (nameof(Reload), $"{before.Reload}", $"{after.Reload}"),
            (nameof(VramBudget), $"{before.VramBudget}", $"{after.VramBudget}"),
            (nameof(RamBudget), $"{before.RamBudget}", $"{after.RamBudget}"),
            (nameof(VaeTiling), $"{before.VaeTiling}", $"{after.VaeTiling}"),
            (nameof(VaeTileSize), $"{before.VaeTileSize?.ToString(CultureInfo.InvariantCulture) ?? "automatic"}", $"{after.VaeTileSize?.ToString(CultureInfo.InvariantCulture) ?? "automatic"}"),
            (nameof(VaeTileOverlap), FormattableString.Invariant($"{before.VaeTileOverlap}"), FormattableString.Invariant($"{after.VaeTileOverlap}")),
            (nameof(PromptCache), $"{before.PromptCache}", $"{after.PromptCache}"),
            (nameof(Strict), $"{before.Strict}", $"{after.Strict}"),
        ];
        string[] changes = [.. all.Where(option => option.Before != option.After).Select(option => $"{option.Name} from {option.Before} to {option.After}")];
        return changes.Length == 0 ? "Change nothing: all options are so already" : $"Change {string.Join(", ", changes)}";
    }
}
