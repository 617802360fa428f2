using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>Which blocks have a place of their own in a phase, and which take turns in the slots.</summary>
internal sealed record PhasePlacement(IReadOnlySet<Block> Held, IReadOnlyList<Block> Streamed);

/// <summary>The modes: each says for every phase what lies on the device. Nothing else in the program depends on the mode.</summary>
internal sealed class ModePolicy
{
    private readonly PlanInput _input;
    private readonly Dictionary<ComponentKind, List<Block>> _blocks = [];

    public ModePolicy(PlanInput input)
    {
        _input = input;
        // What no phase visits (the encoder of an autoencoder that only decodes) never comes to the device; what is used in place needs no place.
        foreach (PhaseNeed need in input.Phases.Where(need => need.OnDevice))
            _blocks[need.Component] = [.. _blocks.GetValueOrDefault(need.Component, []).Union(OwnBlocks(need))];
    }

    /// <summary>The placement of each phase, and the bytes of one slot.</summary>
    public (IReadOnlyList<PhasePlacement> Phases, long SlotBytes) Place(OffloadMode mode)
    {
        if (mode == OffloadMode.LayerStreaming)
            return Stream();
        return ([.. _input.Phases.Select(need => new PhasePlacement(Held(mode, need), []))], 0);
    }

    private HashSet<Block> Held(OffloadMode mode, PhaseNeed need)
    {
        IEnumerable<Block> own = need.OnDevice ? Of(need.Component) : [];
        bool conditioning = need.Phase == Phase.Condition;
        switch (mode)
        {
            case OffloadMode.None:
                return [.. Of(ComponentKind.TextEncoder), .. Of(ComponentKind.Transformer), .. Of(ComponentKind.Autoencoder), .. _input.Idle];
            case OffloadMode.CondOnly:
                return [.. conditioning ? Of(ComponentKind.TextEncoder) : [], .. Of(ComponentKind.Transformer), .. Of(ComponentKind.Autoencoder)];
            case OffloadMode.CondDiffusion when conditioning:
                HashSet<Block> held = [.. own];
                foreach (ComponentKind kind in (ComponentKind[])[ComponentKind.Autoencoder, ComponentKind.Transformer])
                {
                    if (Bytes(held) + Bytes(Of(kind)) + need.WorkspaceBytes <= _input.VramBudget)
                        held.UnionWith(Of(kind));
                }
                return held;
            case OffloadMode.CondDiffusion:
                return [.. own, .. Of(ComponentKind.Autoencoder)];
            default:
                return [.. own];
        }
    }

    // Components that a run goes through once pass through the slots, unless they are smaller than those. Of the transformer, as many blocks stay
    // as fit while it works, and of these as many through the other phases as fit there: what is thrown out would have to come again.
    private (IReadOnlyList<PhasePlacement> Phases, long SlotBytes) Stream()
    {
        List<Block> transformer = Of(ComponentKind.Transformer);
        PhaseNeed? sampling = _input.Phases.FirstOrDefault(need => need.Phase == Phase.Sample && need.OnDevice);
        List<Block> resident = sampling is null ? [] : [.. InOrderOfUse(sampling)];
        bool all = sampling is null || Bytes(resident) + sampling.WorkspaceBytes <= _input.VramBudget;
        long slot = 0;
        // The slots hold whatever passes through them. Larger ones leave room for fewer resident blocks, of which one may be larger still.
        while (true)
        {
            if (!all)
                resident = Fitting(InOrderOfUse(sampling!), _input.VramBudget - sampling!.WorkspaceBytes - 2 * slot);
            IEnumerable<Block> streamed = _input.Phases.Where(need => need.OnDevice && need != sampling && IsStreamed(need, slot)).SelectMany(OwnBlocks);
            long largest = Largest(streamed.Concat(transformer.Except(resident)));
            if (largest <= slot)
                break;
            slot = largest;
        }

        int kept = resident.Count;
        foreach (PhaseNeed need in _input.Phases.Where(need => need != sampling))
        {
            long taken = need.WorkspaceBytes + (!need.OnDevice ? 0 : IsStreamed(need, slot) ? 2 * slot : Bytes(OwnBlocks(need)));
            while (kept > 0 && taken + Bytes(resident.Take(kept)) > _input.VramBudget)
                kept--;
        }
        return ([.. _input.Phases.Select(Placement)], slot);

        PhasePlacement Placement(PhaseNeed need)
        {
            // In the order of the steps, so that neighbours never share a slot there.
            if (need == sampling)
                return new PhasePlacement(resident.ToHashSet(), [.. need.Main.Blocks.Intersect(OwnBlocks(need)).Union(OwnBlocks(need)).Except(resident)]);
            HashSet<Block> held = [.. resident.Take(kept)];
            if (need.OnDevice && IsStreamed(need, slot))
                return new PhasePlacement(held, OwnBlocks(need));
            if (need.OnDevice)
                held.UnionWith(OwnBlocks(need));
            return new PhasePlacement(held, []);
        }
    }

    private bool IsStreamed(PhaseNeed need, long slot) => Bytes(OwnBlocks(need)) > 2 * Math.Max(slot, Largest(OwnBlocks(need)));

    // Blocks that are needed in every step first, apart from each other; then those that are needed once.
    private IEnumerable<Block> InOrderOfUse(PhaseNeed need)
    {
        List<Block> main = [.. need.Main.Blocks.Where(block => _input.BytesOf(block) > 0)];
        return SpreadOrder.Of(main.Count).Select(i => main[i]).Concat(OwnBlocks(need).Except(main));
    }

    private List<Block> Fitting(IEnumerable<Block> blocks, long bytes)
    {
        var fitting = new List<Block>();
        foreach (Block block in blocks)
        {
            if (_input.BytesOf(block) > bytes)
                continue;
            fitting.Add(block);
            bytes -= _input.BytesOf(block);
        }
        return fitting;
    }

    private List<Block> OwnBlocks(PhaseNeed need) => need.BlocksToPlace(_input.BytesOf);

    private List<Block> Of(ComponentKind kind) => _blocks.GetValueOrDefault(kind, []);

    private long Bytes(IEnumerable<Block> blocks) => blocks.Sum(_input.BytesOf);

    private long Largest(IEnumerable<Block> blocks) => blocks.Select(_input.BytesOf).DefaultIfEmpty().Max();
}
