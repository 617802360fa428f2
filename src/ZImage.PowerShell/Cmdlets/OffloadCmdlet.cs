using System.Management.Automation;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>A cmdlet that says how a session uses the memory of its device.</summary>
public abstract class OffloadCmdlet : EngineCmdlet
{
    private IReadOnlySet<string> _onCommandLine = new HashSet<string>();

    /// <summary>
    /// What stays on the device in which phase: None, CondOnly, CondDiffusion, Aggressive, LayerStreaming, or Auto, the fastest of them that fits.
    /// All of them draw the same picture.
    /// </summary>
    // A text, because PowerShell completes an enumeration itself and does not say what its names mean.
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<OffloadMode>]
    [ArgumentCompleter(typeof(OffloadModeCompleter))]
    public string? OffloadMode { get; set; }

    /// <summary>Lets the text encoder compute on the CPU, so that it takes no memory of the device.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalSwitch]
    public SwitchParameter TextEncoderOnCpu { get; set; }

    /// <summary>Lets the autoencoder compute on the CPU, so that it takes no memory of the device.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalSwitch]
    public SwitchParameter VaeOnCpu { get; set; }

    /// <summary>Where weights that left the device come from again: pinned Memory, the File, or Auto, memory as far as RamBudget goes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<ReloadSource>]
    [ArgumentCompleter(typeof(ReloadSourceCompleter))]
    public string? Reload { get; set; }

    /// <summary>Most memory of the device: 12GB, -1GB to leave so much free, 80% of all there is, or auto, what is free less a margin.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [MemoryBudgetArgument(nameof(VramBudget))]
    [ArgumentCompleter(typeof(MemoryBudgetCompleter))]
    public MemoryBudget? VramBudget { get; set; }

    /// <summary>Most pinned memory of the machine for weights that wait for their return, written as VramBudget is.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [MemoryBudgetArgument(nameof(RamBudget))]
    [ArgumentCompleter(typeof(MemoryBudgetCompleter))]
    public MemoryBudget? RamBudget { get; set; }

    protected override void BeginProcessing()
        => _onCommandLine = MyInvocation.BoundParameters.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);

    protected sealed override void ProcessRecord()
    {
        ProcessInput();
        // PowerShell keeps what this input gave in the list, as if the next one had given it too.
        foreach (string name in MyInvocation.BoundParameters.Keys.Except(_onCommandLine).ToList())
            MyInvocation.BoundParameters.Remove(name);
    }

    /// <summary>Works on one input.</summary>
    private protected abstract void ProcessInput();

    /// <summary>The options with what the command line and the input say; what neither says stays.</summary>
    private protected OffloadOptions Change(OffloadOptions options) => options with
    {
        Mode = OffloadMode is null ? options.Mode : Enum.Parse<OffloadMode>(OffloadMode),
        TextEncoderOnCpu = IsGiven(nameof(TextEncoderOnCpu)) ? TextEncoderOnCpu : options.TextEncoderOnCpu,
        VaeOnCpu = IsGiven(nameof(VaeOnCpu)) ? VaeOnCpu : options.VaeOnCpu,
        Reload = Reload is null ? options.Reload : Enum.Parse<ReloadSource>(Reload),
        VramBudget = VramBudget ?? options.VramBudget,
        RamBudget = RamBudget ?? options.RamBudget,
    };

    private bool IsGiven(string name) => MyInvocation.BoundParameters.ContainsKey(name);
}
