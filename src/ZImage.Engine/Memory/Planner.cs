using ZImage.Engine.Generation;
using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>Makes plans from sizes and rates; it moves nothing.</summary>
internal static class Planner
{
    /// <summary>The modes that Auto chooses from, the least movement first: of equally fast ones the first is taken.</summary>
    public static IReadOnlyList<OffloadMode> Modes { get; } =
        [OffloadMode.None, OffloadMode.CondOnly, OffloadMode.CondDiffusion, OffloadMode.Aggressive, OffloadMode.LayerStreaming];

    /// <summary>The plan for a mode. With Auto the fastest that fits; the one that needs least when none does.</summary>
    public static MemoryPlan Make(OffloadMode mode, PlanInput input)
    {
        if (mode != OffloadMode.Auto)
            return MakeOne(mode, input);
        MemoryPlan[] plans = [.. Modes.Select(each => MakeOne(each, input))];
        MemoryPlan best = Fastest(plans) ?? plans.MinBy(plan => plan.PeakBytes)!;
        return best with { RequestedMode = OffloadMode.Auto };
    }

    /// <summary>The fastest of those that fit; by what they move where not all times are known. None when none fits.</summary>
    public static MemoryPlan? Fastest(IReadOnlyCollection<MemoryPlan> plans)
    {
        bool timed = plans.All(plan => plan.PredictedSeconds is not null);
        return plans.Where(plan => plan.Fits).MinBy(plan => timed ? plan.PredictedSeconds : plan.UploadBytes + plan.ActivationBytes);
    }

    private static MemoryPlan MakeOne(OffloadMode mode, PlanInput input)
    {
        (IReadOnlyList<PhasePlacement> placements, long slotBytes) = new ModePolicy(input).Place(mode);
        // Twice: what a run finds on the device is what the run before it left there.
        var traffic = new WeightTraffic(input.BytesOf);
        var moved = new long[input.Phases.Count][];
        long largest = 0;
        for (int run = 0; run < 2; run++)
        {
            // The first run brings everything through the two staging buffers, also what stays from then on.
            largest = Math.Max(largest, traffic.Moves.Keys.Select(input.BytesOf).DefaultIfEmpty().Max());
            traffic.Forget();
            for (int i = 0; i < moved.Length; i++)
                moved[i] = traffic.Enter(placements[i].Held, placements[i].Streamed, input.Phases[i].OnDevice ? input.Phases[i].Sequences : []);
        }
        long activations = input.Phases.Max(need => need.HostBytes);
        (HashSet<Block> kept, long hostBytes) = Keep(traffic.Moves, 2 * largest, input with { RamBudget = Math.Max(input.RamBudget - activations, 0) });
        return new MemoryPlan
        {
            RequestedMode = mode,
            Mode = mode,
            Device = input.Device,
            Width = input.Width,
            Height = input.Height,
            BatchSize = input.Images,
            Prompts = input.Drawings,
            Decoding = input.Decoding,
            Steps = input.Steps,
            BudgetBytes = input.VramBudget,
            HostBytes = hostBytes + activations,
            ActivationHostBytes = activations,
            RereadBytes = input.UsesStaging ? traffic.Moves.Where(move => !kept.Contains(move.Key)).Sum(move => move.Value * input.BytesOf(move.Key)) : 0,
            Kept = kept,
            // An array: PowerShell cannot index the list that a collection expression would make.
            Phases = input.Phases.Select((need, i) => Phase(need, placements[i], slotBytes, moved[i], traffic.Moves.Keys.Except(kept).ToHashSet(), input)).ToArray(),
        };
    }

    private static PhasePlan Phase(PhaseNeed need, PhasePlacement placement, long slotBytes, long[] moved, HashSet<Block> reread, PlanInput input)
    {
        List<Block> own = need.BlocksToPlace(input.BytesOf);
        long slot = placement.Streamed.Count > 0 ? slotBytes : 0;
        return new PhasePlan
        {
            Phase = need.Phase,
            Component = need.Component,
            Device = need.Device,
            WeightBytes = placement.Held.Sum(input.BytesOf) + 2 * slot,
            SlotBytes = slot,
            WorkspaceBytes = need.WorkspaceBytes,
            UploadBytes = moved.Sum(),
            ActivationBytes = need.LinkBytes,
            ResidentBlocks = own.Count(placement.Held.Contains),
            StreamedBlocks = placement.Streamed.Count,
            Flops = need.Flops,
            Seconds = Seconds(need, moved, !own.Exists(reread.Contains), input),
            Held = placement.Held,
            Streamed = placement.Streamed,
        };
    }

    // What is moved while a sequence is gone through hides behind its computation, or adds to it.
    private static double? Seconds(PhaseNeed need, long[] moved, bool fromMemory, PlanInput input)
    {
        if (input.Rates.Flops(need.Component) is not { } flops)
            return null;
        LinkRates link = input.Rates.Link;
        double? rate = fromMemory ? link.Copy : Slower(link.Copy, link.Read);
        double computing = need.Flops / flops;
        if (moved.Sum() == 0 && need.LinkBytes == 0)
            return computing;
        if (rate is null)
            return null;
        double beside = moved.Where((_, i) => need.IsMain(need.Sequences[i])).Sum() / rate.Value, before = moved.Sum() / rate.Value - beside;
        return before + (input.Overlaps ? Math.Max(computing, beside) : computing + beside) + need.LinkBytes / (link.Copy ?? rate.Value);

        static double? Slower(double? a, double? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);
    }

    // The most travelled blocks first: they save the most reading.
    private static (HashSet<Block> Blocks, long Bytes) Keep(IReadOnlyDictionary<Block, int> moves, long staging, PlanInput input)
    {
        if (!input.UsesStaging)
            return ([], 0);
        long bytes = staging;
        var kept = new HashSet<Block>();
        if (input.Reload == ReloadSource.File)
            return (kept, bytes);
        foreach ((Block block, _) in moves.OrderByDescending(move => move.Value))
        {
            if (bytes + input.BytesOf(block) > input.RamBudget)
                continue;
            kept.Add(block);
            bytes += input.BytesOf(block);
        }
        return (kept, bytes);
    }
}
