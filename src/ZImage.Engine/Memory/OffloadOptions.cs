using ZImage.Engine.Generation;

namespace ZImage.Engine.Memory;

/// <summary>What stays on the device in which phase. Policies of one planner: all of them draw the same picture.</summary>
public enum OffloadMode
{
    /// <summary>The fastest of the others that fits.</summary>
    Auto,

    /// <summary>Everything stays on the device.</summary>
    None,

    /// <summary>The text encoder leaves after conditioning and comes again before the next.</summary>
    CondOnly,

    /// <summary>Text encoder and transformer leave after their phases.</summary>
    CondDiffusion,

    /// <summary>Only the component at work is on the device.</summary>
    Aggressive,

    /// <summary>As many blocks of the transformer as fit stay; all others pass through two slots, each time they are needed.</summary>
    LayerStreaming,
}

/// <summary>Where weights that left the device come from again.</summary>
public enum ReloadSource
{
    /// <summary>Pinned host memory as far as the RAM budget goes, the file for the rest.</summary>
    Auto,

    /// <summary>Pinned host memory; what the RAM budget does not hold is a warning.</summary>
    Memory,

    /// <summary>The mapped file, always: no host memory but two staging buffers.</summary>
    File,
}

/// <summary>Whether a picture passes through the autoencoder in tiles, which overlap and are blended. Tiles change the picture a little.</summary>
public enum VaeTiling
{
    /// <summary>Only where the picture does not fit in any exact way.</summary>
    Auto,

    /// <summary>Always, for pictures larger than a tile.</summary>
    On,

    /// <summary>Never: what does not fit in an exact way is an error.</summary>
    Off,
}

/// <summary>How a session uses the memory of its device. It can be changed at any time.</summary>
public sealed record OffloadOptions
{
    private const float DefaultTileOverlap = 0.25f;

    public OffloadMode Mode { get; init; }

    /// <summary>The text encoder computes on the CPU and never takes memory of the device.</summary>
    public bool TextEncoderOnCpu { get; init; }

    /// <summary>The autoencoder computes on the CPU and never takes memory of the device.</summary>
    public bool VaeOnCpu { get; init; }

    public ReloadSource Reload { get; init; }

    /// <summary>Most memory of the device for everything that is allocated: weights, states, compute buffers.</summary>
    public MemoryBudget VramBudget { get; init; } = MemoryBudget.Default;

    /// <summary>Most pinned host memory for weights that wait for their return, staging included.</summary>
    public MemoryBudget RamBudget { get; init; } = MemoryBudget.Default;

    public VaeTiling VaeTiling { get; init; }

    /// <summary>Width and height of a tile in pixels, a multiple of 16; null for the largest usual size that fits.</summary>
    public int? VaeTileSize { get; init; }

    /// <summary>Share of a tile that overlaps the next, 0 to 0.5.</summary>
    public float VaeTileOverlap { get; init; } = DefaultTileOverlap;

    /// <summary>Where hidden states of prompts are kept.</summary>
    public PromptCaching PromptCache { get; init; }

    /// <summary>Whether an allocation that fails all the same is an error at once, in place of a step down to a smaller plan.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a block is brought while the one before it computes. Off only to measure what it hides.</summary>
    public bool Prefetch { get; init; } = true;

    /// <summary>In words, without what is as it is by default.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        $"{Mode}",
        TextEncoderOnCpu ? "text encoder on the CPU" : null,
        VaeOnCpu ? "VAE on the CPU" : null,
        $"reload {Reload}",
        $"VramBudget {VramBudget}",
        $"RamBudget {RamBudget}",
        $"tiles {VaeTiling}",
        VaeTileSize is { } size ? FormattableString.Invariant($"{size} pixels wide") : null,
        VaeTileOverlap != DefaultTileOverlap ? FormattableString.Invariant($"overlapping by {VaeTileOverlap:P0}") : null,
        $"prompt cache {PromptCache}",
        Strict ? "strict" : null,
    }.OfType<string>());
}
