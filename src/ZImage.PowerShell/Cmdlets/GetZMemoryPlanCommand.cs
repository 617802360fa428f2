using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Says what a picture will take before it is drawn: whether it fits, the peak of each phase, what is moved and how long it takes. Nothing is
/// moved and nothing drawn.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ZMemoryPlan", DefaultParameterSetName = ByMode)]
[OutputType(typeof(MemoryPlan))]
public sealed class GetZMemoryPlanCommand : RequestCmdlet
{
    private const string ByMode = "Mode";
    private const string ForAll = "AllModes";

    /// <summary>The prompt; a long one is assumed when it is left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    public string? Prompt { get; set; }

    /// <summary>Modes to plan for, one plan each; the session's own when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByMode)]
    [OptionalChoice<OffloadMode>]
    [ArgumentCompleter(typeof(OffloadModeCompleter))]
    public string[]? OffloadMode { get; set; }

    /// <summary>A plan for each mode that Auto chooses from.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ForAll)]
    public SwitchParameter AllModes { get; set; }

    /// <summary>A budget to plan for in place of the session's, whether so much is free here or not: 12GB, -1GB, 80% or auto.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [MemoryBudgetArgument(nameof(VramBudget))]
    [ArgumentCompleter(typeof(MemoryBudgetCompleter))]
    public MemoryBudget? VramBudget { get; set; }

    /// <summary>Plans for a picture of the size that is encoded first, too.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalSwitch]
    public SwitchParameter Encode { get; set; }

    protected override void ProcessRecord() => Report(() =>
    {
        ModelSession session = FindSession(Model);
        ImageRequest request = MakeRequest(session.Defaults, Prompt ?? "");
        int images = CheckedBatchSize() ?? 1;
        OffloadMode[] modes = AllModes ? [.. Enum.GetValues<OffloadMode>().Where(mode => mode != Engine.Memory.OffloadMode.Auto)]
            : OffloadMode is { Length: > 0 } given ? [.. given.Select(Enum.Parse<OffloadMode>)] : [session.OffloadMode];
        IReadOnlyList<MemoryPlan> plans = RunEngine($"Planning with '{session.Name}'",
            (observer, cancellation) => session.Plan(request, modes, images, Encode, observer, cancellation, VramBudget), "Measuring what fits");
        WriteObject(plans, enumerateCollection: true);
    });
}
