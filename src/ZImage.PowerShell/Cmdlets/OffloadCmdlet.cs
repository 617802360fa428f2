using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>A cmdlet that says how a session uses the memory of its device.</summary>
public abstract class OffloadCmdlet : EngineCmdlet
{
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

    /// <summary>
    /// Whether pictures pass through the autoencoder in overlapping, blended tiles: Auto where they do not fit in an exact way, On always, Off never.
    /// Tiles change the picture a little.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<Engine.Memory.VaeTiling>]
    [ArgumentCompleter(typeof(VaeTilingCompleter))]
    public string? VaeTiling { get; set; }

    /// <summary>Width and height of a tile in pixels, a multiple of 16 from 64; auto or 0, the default, for the largest usual size that fits, at most 512 with On.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TileSizeArgument]
    [ArgumentCompleter(typeof(TileSizeCompleter))]
    public int? VaeTileSize { get; set; }

    /// <summary>Share of a tile that overlaps the next, 0 to 0.5; 0.25 when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<float>]
    public float? VaeTileOverlap { get; set; }

    /// <summary>Where what the text encoder made of prompts is kept, so that a prompt that comes again does not need it: Memory, Disk (memory and files), or Off.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<PromptCaching>]
    [ArgumentCompleter(typeof(PromptCachingCompleter))]
    public string? PromptCache { get; set; }

    /// <summary>Makes an allocation that fails all the same an error, in place of a step down to a smaller plan.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalSwitch]
    public SwitchParameter Strict { get; set; }

    protected sealed override void ProcessRecord()
    {
        ProcessInput();
        // PowerShell keeps what this input gave in the list, as if the next one had given it too.
        foreach (string name in MyInvocation.BoundParameters.Keys.Except(OnCommandLine).ToList())
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
        VaeTiling = VaeTiling is null ? options.VaeTiling : Enum.Parse<Engine.Memory.VaeTiling>(VaeTiling),
        VaeTileSize = VaeTileSize is null ? options.VaeTileSize : VaeTileSize == 0 ? null : VaeTileSize,
        VaeTileOverlap = VaeTileOverlap ?? options.VaeTileOverlap,
        PromptCache = PromptCache is null ? options.PromptCache : Enum.Parse<PromptCaching>(PromptCache),
        Strict = IsGiven(nameof(Strict)) ? Strict : options.Strict,
    };

    private bool IsGiven(string name) => MyInvocation.BoundParameters.ContainsKey(name);
}
