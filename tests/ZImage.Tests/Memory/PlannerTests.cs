using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Memory;

/// <summary>Plans from sizes alone: a text encoder of 8 blocks, a transformer of 2 + 12, an autoencoder of 3.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class PlannerTests
{
    private const long Mib = 1 << 20;

    private readonly Block[] _text = [.. Enumerable.Range(0, 8).Select(i => new Block($"blk.{i}"))];
    private readonly Block[] _caption = [new("embedders"), new("context_refiner.0")];
    private readonly Block[] _step = [.. Enumerable.Range(0, 12).Select(i => new Block($"layers.{i}"))];
    private readonly Block[] _decoder = [.. Enumerable.Range(0, 3).Select(i => new Block($"decoder.{i}"))];

    private long TextBytes => 8 * 100 * Mib;

    private long TransformerBytes => 10 * Mib + 150 * Mib + 12 * 180 * Mib;

    private long DecoderBytes => 3 * 30 * Mib;

    private long BytesOf(Block block)
    {
        if (_text.Contains(block))
            return 100 * Mib;
        if (_decoder.Contains(block))
            return 30 * Mib;
        return block == _caption[0] ? 10 * Mib : block == _caption[1] ? 150 * Mib : 180 * Mib;
    }

    private PlanInput Input(long budget, int steps = 9, bool overlaps = true, long ram = long.MaxValue, ReloadSource reload = ReloadSource.Auto,
        long conditioning = 40 * Mib, long sampling = 300 * Mib, long decoding = 500 * Mib, bool textOnDevice = true) => new()
    {
        Device = "GPU",
        Width = 1024,
        Height = 1024,
        Images = 1,
        Drawings = 1,
        Decoding = ImageWay.Whole,
        Steps = steps,
        Phases =
        [
            new PhaseNeed(Phase.Condition, ComponentKind.TextEncoder, textOnDevice ? "GPU" : "CPU", textOnDevice, conditioning, 1e12, [new BlockSequence(_text, 1)]),
            new PhaseNeed(Phase.Sample, ComponentKind.Transformer, "GPU", true, sampling, 60e12 * steps, [new BlockSequence(_caption, 1), new BlockSequence([_caption[0], .. _step], steps)]),
            new PhaseNeed(Phase.Decode, ComponentKind.Autoencoder, "GPU", true, decoding, 10e12, [new BlockSequence(_decoder, 1)]),
        ],
        BytesOf = BytesOf,
        VramBudget = budget,
        RamBudget = ram,
        Reload = reload,
        Overlaps = overlaps,
        UsesStaging = true,
        Rates = new MachineRates(new LinkRates(10e9, 2e9), _ => 20e12),
    };

    [Fact]
    public void Each_mode_holds_what_its_name_says()
    {
        long all = TextBytes + TransformerBytes + DecoderBytes, large = 1L << 40;
        Assert.Equal([all, all, all], Weights(OffloadMode.None));
        Assert.Equal([all, all - TextBytes, all - TextBytes], Weights(OffloadMode.CondOnly));
        Assert.Equal([all, all - TextBytes, DecoderBytes], Weights(OffloadMode.CondDiffusion));
        Assert.Equal([TextBytes, TransformerBytes, DecoderBytes], Weights(OffloadMode.Aggressive));

        long[] Weights(OffloadMode mode) => [.. Planner.Make(mode, Input(large)).Phases.Select(phase => phase.WeightBytes)];
    }

    [Fact]
    public void The_peak_is_that_of_weights_and_work_together()
    {
        MemoryPlan plan = Planner.Make(OffloadMode.Aggressive, Input(1L << 40));
        Assert.Equal([TextBytes + 40 * Mib, TransformerBytes + 300 * Mib, DecoderBytes + 500 * Mib], plan.Phases.Select(phase => phase.PeakBytes));
        Assert.Equal(TransformerBytes + 300 * Mib, plan.PeakBytes);
        Assert.Equal(Phase.Sample, plan.Tightest.Phase);
        Assert.True(plan.Fits);
        Assert.False(Planner.Make(OffloadMode.Aggressive, Input(plan.PeakBytes - 1)).Fits);
        Assert.True(Planner.Make(OffloadMode.Aggressive, Input(plan.PeakBytes)).Fits);
    }

    [Fact]
    public void Modes_move_what_has_left_and_nothing_else()
    {
        Assert.Equal(0, Planner.Make(OffloadMode.None, Input(1L << 40)).UploadBytes);
        Assert.Equal(TextBytes, Planner.Make(OffloadMode.CondOnly, Input(1L << 40)).UploadBytes);
        Assert.Equal(TextBytes + TransformerBytes, Planner.Make(OffloadMode.CondDiffusion, Input(1L << 40)).UploadBytes);
        Assert.Equal(TextBytes + TransformerBytes + DecoderBytes, Planner.Make(OffloadMode.Aggressive, Input(1L << 40)).UploadBytes);
    }

    // Two slots, and what is left of the budget is full of resident blocks: what is uploaded in a step is what does not fit beside the slots.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void Streaming_uploads_in_a_step_what_does_not_fit_and_no_block_twice(int resident)
    {
        const int Steps = 9;
        long budget = (300 + 2 * 180 + resident * 180 + 15) * Mib;
        MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, Input(budget, Steps, decoding: 100 * Mib));
        PhasePlan sampling = plan.Phases[1];
        Assert.True(plan.Fits);
        Assert.Equal(2 * 180 * Mib, 2 * sampling.SlotBytes);
        // The embedders are small and wanted in every step, so they stay too.
        Assert.Equal(resident + 1, sampling.ResidentBlocks);
        long perStep = (12 - resident) * 180 * Mib;
        // Of three, one is still in its slot when its turn comes again.
        Assert.Equal(12 - resident == 3 ? perStep + (Steps - 1) * 2 * 180 * Mib + 150 * Mib : Steps * perStep + 150 * Mib, sampling.UploadBytes);
        Assert.InRange(perStep, 0, TransformerBytes - (budget - 300 * Mib - 2 * 180 * Mib));
    }

    [Fact]
    public void Two_blocks_and_the_work_are_enough()
    {
        MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, Input((300 + 2 * 180) * Mib, decoding: 100 * Mib));
        Assert.True(plan.Fits);
        Assert.Equal((0, 14), (plan.ResidentBlocks, plan.StreamedBlocks));
        Assert.False(Planner.Make(OffloadMode.LayerStreaming, Input((300 + 2 * 180) * Mib - 1, decoding: 100 * Mib)).Fits);
    }

    // Files of mixed types have blocks of different sizes: what is streamed beside a larger or smaller text encoder must still fit the slots.
    [Fact]
    public void A_slot_holds_whatever_passes_through_it()
    {
        var random = new Random(3);
        int streaming = 0;
        for (int i = 0; i < 20_000; i++)
        {
            Dictionary<Block, long> sizes = _text.Concat(_caption).Concat(_step).Concat(_decoder).ToDictionary(block => block, _ => random.NextInt64(1, 200) * Mib);
            PlanInput input = Input(random.NextInt64(400, 3000) * Mib, sampling: 50 * Mib, decoding: 50 * Mib) with { BytesOf = block => sizes[block] };
            MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, input);
            foreach (PhasePlan phase in plan.Phases)
                Assert.All(phase.Streamed, block => Assert.InRange(sizes[block], 1, phase.SlotBytes));
            long transformer = 50 * Mib + 2 * _caption.Concat(_step).Max(block => sizes[block]), others = 50 * Mib + 2 * _text.Concat(_decoder).Max(block => sizes[block]);
            Assert.True(plan.Fits || input.VramBudget < Math.Max(transformer, others));
            streaming += plan.Fits && plan.StreamedBlocks > 0 ? 1 : 0;
        }
        Assert.InRange(streaming, 1000, 20_000);
    }

    [Fact]
    public void Resident_blocks_lie_apart()
    {
        MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, Input((300 + 2 * 180 + 6 * 180 + 15) * Mib, decoding: 100 * Mib));
        int[] streamed = [.. Enumerable.Range(0, 12).Where(i => !plan.Phases[1].Held.Contains(_step[i]))];
        Assert.Equal(6, streamed.Length);
        Assert.DoesNotContain(Enumerable.Range(0, 10), i => streamed.Contains(i) && streamed.Contains(i + 1) && streamed.Contains(i + 2));
    }

    // What stays through the other phases need not come again.
    [Fact]
    public void Resident_blocks_stay_through_the_other_phases_as_far_as_they_fit()
    {
        long budget = (300 + 2 * 180 + 8 * 180 + 15) * Mib;
        MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, Input(budget, decoding: 900 * Mib));
        Assert.True(plan.Fits);
        Block[] sampling = [.. _step.Where(plan.Phases[1].Held.Contains)], decoding = [.. _step.Where(plan.Phases[2].Held.Contains)], conditioning = [.. _step.Where(plan.Phases[0].Held.Contains)];
        Assert.Equal(8, sampling.Length);
        Assert.Equal(decoding, conditioning);
        Assert.InRange(decoding.Length, 1, 7);
        Assert.Empty(decoding.Except(sampling));
        // Once each for those that left, and every step for those that are streamed.
        Assert.Equal(((8 - decoding.Length) * 180 + 9 * 4 * 180 + 150) * Mib, plan.Phases[1].UploadBytes);
    }

    [Fact]
    public void Auto_takes_what_moves_nothing_when_it_fits_and_streams_when_nothing_else_does()
    {
        Assert.Equal(OffloadMode.None, Auto(1L << 40).Mode);
        Assert.Equal(OffloadMode.CondOnly, Auto(TextBytes + TransformerBytes + DecoderBytes + 400 * Mib).Mode);
        Assert.Equal(OffloadMode.LayerStreaming, Auto(TransformerBytes).Mode);
        MemoryPlan none = Auto(100 * Mib);
        Assert.False(none.Fits);
        Assert.Equal(OffloadMode.Auto, none.RequestedMode);

        static MemoryPlan Best(MemoryPlan[] plans) => plans.Where(plan => plan.Fits).MinBy(plan => plan.PredictedSeconds)!;
        for (long budget = 1000 * Mib; budget < 4000 * Mib; budget += 200 * Mib)
        {
            MemoryPlan best = Best([.. Planner.Modes.Select(mode => Planner.Make(mode, Input(budget)))]);
            Assert.Equal(best.PredictedSeconds, Auto(budget).PredictedSeconds);
        }

        MemoryPlan Auto(long budget) => Planner.Make(OffloadMode.Auto, Input(budget));
    }

    [Fact]
    public void Seconds_are_those_of_work_and_of_copies_that_it_does_not_hide()
    {
        // 9 steps of 60 TFLOP at 20 TFLOP/s, and 1 and 10 TFLOP before and behind.
        Assert.Equal(27 + 0.05 + 0.5, Planner.Make(OffloadMode.None, Input(1L << 40)).PredictedSeconds!.Value, 6);
        PlanInput tight = Input((300 + 2 * 180 + 15) * Mib, decoding: 100 * Mib), serial = tight with { Overlaps = false };
        double uploads = 12 * 180 * Mib * 9 / 10e9, caption = 150 * Mib / 10e9;
        Assert.Equal(27 + caption, Planner.Make(OffloadMode.LayerStreaming, tight).Phases[1].Seconds!.Value, 6);
        Assert.Equal(27 + caption + uploads, Planner.Make(OffloadMode.LayerStreaming, serial).Phases[1].Seconds!.Value, 6);
        Assert.Null(Planner.Make(OffloadMode.None, tight with { Rates = new MachineRates(new LinkRates(null, null), _ => null) }).PredictedSeconds);
    }

    [Fact]
    public void Host_memory_goes_to_what_travels_most()
    {
        long staging = 2 * 180 * Mib;
        PlanInput input = Input((300 + 2 * 180 + 15) * Mib, decoding: 100 * Mib, ram: staging + 12 * 180 * Mib);
        MemoryPlan plan = Planner.Make(OffloadMode.LayerStreaming, input);
        Assert.Equal(_step, _step.Where(plan.Kept.Contains));
        Assert.Equal(staging + 12 * 180 * Mib, plan.HostBytes);
        Assert.Equal(TextBytes + 150 * Mib, plan.RereadBytes - plan.Phases[2].UploadBytes);
        Assert.Equal(plan.UploadBytes, Planner.Make(OffloadMode.LayerStreaming, input with { Reload = ReloadSource.File }).RereadBytes);
        Assert.Equal(0, Planner.Make(OffloadMode.LayerStreaming, input with { RamBudget = 1L << 40 }).RereadBytes);
    }

    // What stays on the device has to get there once, whatever the RAM budget.
    [Theory]
    [InlineData(OffloadMode.None)]
    [InlineData(OffloadMode.CondOnly)]
    public void Host_memory_has_room_for_the_staging_of_the_first_run(OffloadMode mode)
        => Assert.Equal(2 * 180 * Mib, Planner.Make(mode, Input(1L << 40, ram: 100 * Mib)).HostBytes);

    [Fact]
    public void A_component_on_the_CPU_takes_nothing_of_the_device()
    {
        MemoryPlan plan = Planner.Make(OffloadMode.None, Input(1L << 40, textOnDevice: false));
        Assert.Equal(0, plan.Phases[0].WorkspaceBytes);
        Assert.Equal(TransformerBytes + DecoderBytes, plan.Phases[0].WeightBytes);
        Assert.Equal("CPU", plan.Phases[0].Device);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(64)]
    public void A_spread_order_has_every_position_once(int count)
        => Assert.Equal(Enumerable.Range(0, count), SpreadOrder.Of(count).Order());
}
