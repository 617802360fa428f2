using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>Blocks that are visited one after the other, and how often a run goes through them.</summary>
internal sealed record BlockSequence(IReadOnlyList<Block> Blocks, int Times);

/// <summary>What a phase needs, whatever the mode.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Component">The component at work.</param>
/// <param name="Device">Name of the device on which it works.</param>
/// <param name="OnDevice">Whether that is the device that is planned for.</param>
/// <param name="Bytes">What it takes beside weights on the device on which it works.</param>
/// <param name="Flops">Operations of the whole phase.</param>
/// <param name="Sequences">What it visits; the last is the main one, and may be there several times.</param>
internal sealed record PhaseNeed(Phase Phase, ComponentKind Component, string Device, bool OnDevice, long Bytes, double Flops, IReadOnlyList<BlockSequence> Sequences)
{
    /// <summary>Bytes of host memory that its activations take.</summary>
    public long HostBytes { get; init; }

    /// <summary>Bytes of activations that go over the link, both ways.</summary>
    public long LinkBytes { get; init; }

    /// <summary>The blocks it visits in every round of its work.</summary>
    public BlockSequence Main => Sequences[^1];

    /// <summary>Bytes of the planned device that it takes beside weights.</summary>
    public long WorkspaceBytes => OnDevice ? Bytes : 0;

    /// <summary>Whether a sequence is a round of the main one.</summary>
    public bool IsMain(BlockSequence sequence) => sequence.Blocks.SequenceEqual(Main.Blocks);

    /// <summary>The blocks it visits that need a place on the device, each once.</summary>
    public List<Block> BlocksToPlace(Func<Block, long> bytesOf) => [.. Sequences.SelectMany(sequence => sequence.Blocks).Distinct().Where(block => bytesOf(block) > 0)];
}

/// <summary>Everything a plan is made from.</summary>
internal sealed record PlanInput
{
    public required string Device { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int Images { get; init; }

    /// <summary>Prompts that go through the phases together.</summary>
    public required int Drawings { get; init; }

    public required int Steps { get; init; }

    /// <summary>The phases in their order.</summary>
    public required IReadOnlyList<PhaseNeed> Phases { get; init; }

    /// <summary>Blocks on the device of a component that the run does not need, and the next one may: they stay where everything stays.</summary>
    public IReadOnlyList<Block> Idle { get; init; } = [];

    /// <summary>How pictures pass through the autoencoder.</summary>
    public required ImageWay Decoding { get; init; }

    /// <summary>Bytes of a block on the device; 0 for one that is used in place.</summary>
    public required Func<Block, long> BytesOf { get; init; }

    /// <summary>Bytes of the device that may be used.</summary>
    public required long VramBudget { get; init; }

    /// <summary>Bytes of pinned host memory that may be used.</summary>
    public required long RamBudget { get; init; }

    public required ReloadSource Reload { get; init; }

    /// <summary>Whether copies run beside the computation.</summary>
    public required bool Overlaps { get; init; }

    /// <summary>Whether blocks pass through host memory on their way to the device.</summary>
    public required bool UsesStaging { get; init; }

    public required MachineRates Rates { get; init; }
}

/// <summary>What this machine does in a second, as measured.</summary>
/// <param name="Link">Bytes to the device and from files.</param>
/// <param name="Flops">Operations of a component on its device; null where nothing was measured yet.</param>
internal sealed record MachineRates(LinkRates Link, Func<ComponentKind, double?> Flops);
