using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// Turns a run into a plan: footprints by dry runs of the very graphs, the budget as it is now, and the speed of this machine as runs and
/// transfers have shown it. Used on the session's native thread alone.
/// </summary>
/// <param name="model">The models.</param>
/// <param name="systemLimit">What the operating system lets a session have of the device now that may have so many bytes already; null where it does not say.</param>
internal sealed class SessionPlanner(LoadedModel model, Func<long, long?> systemLimit)
{
    // Pictures that are made together without being asked for: more share little more, and the first comes later.
    private const int MostChosen = 4;

    private readonly ComputeSpeeds _speeds = new();
    private BudgetTracker _tracker = new(MemoryBudget.Default);
    private OffloadOptions _options = new();
    private long? _firstLive;
    private long _ceiling = long.MaxValue;

    /// <summary>What the phases of runs need.</summary>
    public RunNeeds Needs { get; } = new(model);

    /// <summary>What plans follow.</summary>
    public OffloadOptions Options
    {
        get => _options;
        set
        {
            if (value.VramBudget != _options.VramBudget)
                _tracker = new BudgetTracker(value.VramBudget);
            _ceiling = long.MaxValue;
            _options = value;
        }
    }

    /// <summary>The budget at this moment.</summary>
    /// <param name="lowered">Whether it stays below what <see cref="Lower"/> said.</param>
    public DeviceBudget Budget(bool lowered = true)
    {
        (long free, long total) = ReadMemory();
        long own = model.Memory.Bytes;
        // What is missing since the beginning and not ours went to ggml, as far as the margin goes.
        _firstLive ??= free + own;
        DeviceBudget budget = _tracker.Update(new MemoryReading(free, own, total, model.Margin)
        {
            LimitBytes = systemLimit(own + model.Margin),
            MarginTakenBytes = Math.Clamp(_firstLive.Value - free - own, 0, model.Margin),
        });
        return lowered ? budget with { Bytes = Math.Min(budget.Bytes, _ceiling) } : budget;
    }

    /// <summary>Keeps budgets below what an allocation has shown to be too much, until the options change.</summary>
    public void Lower(long bytes) => _ceiling = Math.Min(_ceiling, bytes);

    /// <summary>What another budget would come to, be it free or not.</summary>
    public long BytesOf(MemoryBudget other)
    {
        (long free, long total) = ReadMemory();
        return other.Resolve(Math.Min(free + model.Memory.Bytes, total), total, model.Margin);
    }

    /// <summary>A plan for a run, with a mode and a budget.</summary>
    /// <param name="run">The run.</param>
    /// <param name="mode">The mode; Auto for the fastest that fits.</param>
    /// <param name="budget">Bytes of the device that may be used.</param>
    /// <param name="timed">Whether the plan must say how long it takes, if need be by a short measurement of the device.</param>
    public MemoryPlan Make(RunShape run, OffloadMode mode, long budget, bool timed = false)
    {
        // On a card a measurement takes milliseconds. Elsewhere it is spared where it decides nothing: what moves nothing is the fastest.
        timed |= model.Device.Backend == BackendKind.Cuda;
        ImageWay[] ways = [.. Ways(run, tiles: false)];
        if (mode == OffloadMode.Auto && !timed && ways.Length > 0 && Planner.Make(OffloadMode.None, Input(run, ways[0], budget, timed)) is { Fits: true } still)
            return still with { RequestedMode = OffloadMode.Auto };
        timed |= mode == OffloadMode.Auto;
        MemoryPlan[] exact = [.. ways.Select(way => Planner.Make(mode, Input(run, way, budget, timed)))];
        if (Planner.Fastest(exact) is { } fastest)
            return fastest;
        MemoryPlan? least = exact.MinBy(plan => plan.PeakBytes);
        // Tiles change the picture: only what has no exact way is drawn so, in the largest that fit.
        foreach (ImageWay way in Ways(run, tiles: true))
        {
            MemoryPlan plan = Planner.Make(mode, Input(run, way, budget, timed));
            if (plan.Fits)
                return plan;
            if (least is null || plan.PeakBytes < least.PeakBytes)
                least = plan;
        }
        return least ?? Planner.Make(mode, Input(run, DecodeWays(LargestOf(run))[^1], budget, timed));
    }

    /// <summary>The plan of a run with the session's own options and the budget of this moment.</summary>
    public MemoryPlan MakeForRun(RunShape run, bool timed = false)
    {
        MemoryPlan plan = Make(run, Options.Mode, Budget().Bytes, timed);
        if (plan.Fits || _ceiling == long.MaxValue || Options.Strict)
            return plan;
        // What an allocation has shown once must not keep from drawing what it did not speak of.
        MemoryPlan any = Make(run, OffloadMode.Auto, plan.BudgetBytes, timed);
        return any.Fits ? any : Make(run, Options.Mode, Budget(lowered: false).Bytes, timed);
    }

    /// <summary>The plan that needs the least memory of all, with a budget of just that.</summary>
    public MemoryPlan MakeLeast(RunShape run)
    {
        MemoryPlan least = Planner.Modes.Select(mode => Make(run, mode, 0)).MinBy(plan => plan.PeakBytes)!;
        return Make(run, least.Mode, Least(run, least)) with { RequestedMode = OffloadMode.Auto };
    }

    /// <summary>What a user should know about options that cannot take effect, or not wholly.</summary>
    public IEnumerable<string> Warnings(MemoryPlan plan, DeviceBudget budget)
    {
        if (model.Device.Backend == BackendKind.Cpu)
        {
            if (Options.TextEncoderOnCpu || Options.VaeOnCpu)
                yield return "Everything is computed on the CPU already: TextEncoderOnCpu and VaeOnCpu change nothing.";
            if (!model.Residency.HoldsWeights && Options.Mode is not (OffloadMode.Auto or OffloadMode.None))
                yield return $"The CPU uses the weights where they lie in their files: OffloadMode {Options.Mode} has nothing to move.";
            if (Options.Reload != ReloadSource.Auto || Options.RamBudget.Kind != MemoryBudgetKind.Auto)
                yield return "The CPU needs no pinned memory: Reload and RamBudget change nothing.";
        }
        if (Options.VaeTiling == VaeTiling.Off && Options.VaeTileSize is not null)
            yield return "VaeTileSize has no effect: VaeTiling is Off.";
        if (budget.CappedByFree && Options.VramBudget.Kind is MemoryBudgetKind.Bytes or MemoryBudgetKind.Share)
            yield return $"The budget {Options.VramBudget} is more than {model.Device.Name} has free: {ByteSize.Text(budget.Bytes)} count.";
        if (budget.AboveLimit)
            yield return $"The budget {Options.VramBudget} is more than Windows grants this process on {model.Device.Name}: the driver may move weights to shared memory, which is many times slower.";
        if (plan.HostBytes - plan.ActivationHostBytes > RamBudget())
            yield return $"The RAM budget {Options.RamBudget} is less than the two buffers that weights pass through: {ByteSize.Text(plan.HostBytes - plan.ActivationHostBytes)} are used.";
        if (model.Device.Backend != BackendKind.Cpu && plan is { Fits: true, UploadBytes: 0 } && (Options.Reload != ReloadSource.Auto || Options.RamBudget.Kind != MemoryBudgetKind.Auto))
            yield return $"With the mode {plan.Mode} nothing leaves the device and comes again: Reload and RamBudget change nothing for pictures of the default size.";
        if (Options.Reload == ReloadSource.Memory && plan.RereadBytes > 0)
            yield return $"The RAM budget does not hold all weights that come and go: {ByteSize.Text(plan.RereadBytes)} a run are read from the files again.";
    }

    /// <summary>Says what would do where a plan does not fit: another mode, a larger budget, a smaller picture.</summary>
    public string Advise(RunShape run, MemoryPlan plan)
    {
        var ways = new List<string>();
        MemoryPlan[] others = [.. Planner.Modes.Where(mode => mode != plan.Mode).Select(mode => Make(run, mode, plan.BudgetBytes))];
        if (Planner.Fastest(others) is { } fitting)
            ways.Add($"the mode {fitting.Mode} (-OffloadMode {fitting.Mode}), which needs {ByteSize.Text(fitting.PeakBytes)}");
        MemoryPlan least = plan.RequestedMode == OffloadMode.Auto ? others.Append(plan).MinBy(other => other.PeakBytes)! : plan;
        ways.Add($"a budget of {ByteSize.AtLeast(Least(run, least))} with the mode {least.Mode}");
        if (Options.VaeTiling == VaeTiling.Off && plan.Tightest.Phase is Phase.Decode or Phase.Encode)
            ways.Add("tiles (-VaeTiling Auto), if less memory does for the other phases");
        if (Smaller(run, plan) is { } size)
            ways.Add($"a picture of {size.Width}x{size.Height}");
        if (run.Decoded.Any(drawing => drawing.Images > 1))
            ways.Add("fewer pictures together (-BatchSize)");
        return "What would do: " + string.Join(", or ", ways) + ".";
    }

    /// <summary>How many pictures of a series to make together: so many that a picture takes the least time, as far as they fit.</summary>
    public int ChooseBatch(RunShape run, int count)
    {
        long budget = Budget().Bytes;
        int best = 1;
        double bestCost = double.MaxValue;
        for (int images = 1; images <= Math.Min(count, MostChosen); images++)
        {
            int number = images;
            RunShape together = run.With(drawing => drawing with { Images = number });
            MemoryPlan plan = Make(together, Options.Mode, budget);
            // What is not moved is not shared either, and what does not take time is not worth waiting for company.
            if (!plan.Fits || plan.UploadBytes == 0 || (plan.PredictedSeconds ?? Make(together, plan.Mode, budget, timed: true).PredictedSeconds) is not { } seconds)
                break;
            if (seconds / images < 0.95 * bestCost)
                (best, bestCost) = (images, seconds / images);
        }
        return best;
    }

    /// <summary>Learns from a phase how fast a component is.</summary>
    /// <param name="kind">The component.</param>
    /// <param name="flops">Operations that the phase took.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="uploadedBytes">What was moved meanwhile: a phase that may have waited for it shows no speed.</param>
    public void Learn(ComponentKind kind, double flops, double seconds, long uploadedBytes)
    {
        LinkRates rates = model.Residency.Transfer.Rates;
        // By the slower way, for it may have been that one; by no way where none is known.
        double copying = uploadedBytes == 0 ? 0 : uploadedBytes / Math.Min(rates.Copy ?? rates.Read ?? 0, rates.Read ?? rates.Copy ?? 0);
        if (seconds > 0 && copying < 0.05 * seconds)
            _speeds.Observe(kind, model.MemoryOf(kind).Name, flops / seconds);
    }

    private (long Free, long Total) ReadMemory() => Devices.ReadMemory(model.Device) ?? (long.MaxValue / 4, long.MaxValue / 4);

    // Those that the device's largest buffer and the RAM budget allow. Where a device computes in host memory, strips would only be there twice.
    private IEnumerable<ImageWay> Ways(RunShape run, bool tiles)
    {
        DrawingShape largest = LargestOf(run);
        DeviceMemory memory = model.MemoryOf(ComponentKind.Autoencoder);
        long ram = memory is { UsesFiles: true, Type.IsHost: true } ? 0 : RamBudget();
        return DecodeWays(largest).Where(way => (way.Method == ImageMethod.Tiles) == tiles && (way.Method != ImageMethod.Strips || ram > 0))
            .Where(way => Needs.Decoding(largest, way) is var footprint && footprint.HostBytes <= ram && footprint.LargestBuffer <= memory.Type.MaxBytes);
    }

    private IReadOnlyList<ImageWay> DecodeWays(DrawingShape drawing)
    {
        (int width, int height) = Needs.Latent(drawing);
        return drawing.Request.Tiles is { } tiles
            ? model.Autoencoder.DecodeWays(width, height, VaeTiling.On, tiles.Size, tiles.Overlap)
            : model.Autoencoder.DecodeWays(width, height, Options.VaeTiling, Options.VaeTileSize, Options.VaeTileOverlap);
    }

    // What does for the largest pictures does for all.
    private static DrawingShape LargestOf(RunShape run) => run.Decoded.MaxBy(drawing => (long)drawing.Request.Width * drawing.Request.Height)!;

    private PlanInput Input(RunShape run, ImageWay way, long budget, bool timed)
    {
        IReadOnlyList<PhaseNeed> phases = Needs.Of(run, way);
        DrawingShape first = run.Decoded[0];
        return new PlanInput
        {
            Device = model.Device.Name,
            Width = first.Request.Width,
            Height = first.Request.Height,
            Images = run.Decoded.Max(drawing => drawing.Images),
            Drawings = run.Decoded.Count,
            Steps = first.Sigmas.Length - 1,
            Phases = phases,
            Idle = [.. model.Residency.Blocks(kind => phases.All(phase => phase.Component != kind))],
            Decoding = way,
            BytesOf = model.Residency.BytesOf,
            VramBudget = budget,
            RamBudget = RamBudget(),
            Reload = Options.Reload,
            Overlaps = model.Residency.Transfer.Overlaps && Options.Prefetch,
            UsesStaging = !model.Memory.Type.IsHost,
            Rates = Rates(timed),
        };
    }

    private MachineRates Rates(bool timed)
    {
        foreach (ComponentKind kind in timed ? [ComponentKind.TextEncoder, ComponentKind.Transformer, ComponentKind.Autoencoder] : Array.Empty<ComponentKind>())
        {
            DeviceMemory memory = model.MemoryOf(kind);
            if (!_speeds.Knows(kind, memory.Name) && Probed(memory, kind) is { } flops)
                _speeds.Observe(kind, memory.Name, flops);
        }
        return new MachineRates(model.Residency.Transfer.Rates, kind => _speeds.Of(kind, model.MemoryOf(kind).Name));
    }

    // With the type that most of the component's products are of; null while the budget is full of weights.
    private double? Probed(DeviceMemory memory, ComponentKind kind)
    {
        ModelWeights weights = kind switch
        {
            ComponentKind.TextEncoder => model.TextEncoder.Weights,
            ComponentKind.Transformer => model.Transformer.Weights,
            _ => model.Autoencoder.Weights,
        };
        GgmlType type = weights.Blocks.SelectMany(block => block.Weights).GroupBy(weight => weight.Tensor.Type).MaxBy(group => group.Sum(weight => weight.Tensor.Bytes))!.Key;
        try
        {
            return ComputeProbe.Flops(memory, type);
        }
        catch (ZImageException e) when (e is BudgetExceededException or DeviceOutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Bytes of pinned host memory that may be used.</summary>
    public long RamBudget()
    {
        (long available, long total) = SystemMemory.Read();
        long free = available + model.Ram.Bytes;
        // Systems pin less than half of their memory, and what is pinned nobody else gets.
        return Options.RamBudget.Kind == MemoryBudgetKind.Auto ? Math.Min(free * 3 / 4, total * 2 / 5) : Options.RamBudget.Resolve(free, total, 0);
    }

    // The smallest budget that does: what needs least at any budget asks for it.
    private long Least(RunShape run, MemoryPlan plan)
    {
        long low = 0, high = plan.PeakBytes;
        if (plan.Mode != OffloadMode.LayerStreaming)
            return high;
        while (!Make(run, plan.Mode, high).Fits)
            high *= 2;
        while (high - low > 1 << 20)
        {
            long middle = low + (high - low) / 2;
            if (Make(run, plan.Mode, middle).Fits)
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    private (int Width, int Height)? Smaller(RunShape run, MemoryPlan plan)
    {
        int multiple = model.Autoencoder.Scale * TransformerConfig.Patch;
        for (int percent = 90; percent >= 20; percent -= 10)
        {
            (int width, int height) = (Scaled(plan.Width), Scaled(plan.Height));
            int Scaled(int side) => Math.Max(side * percent / 100 / multiple * multiple, multiple);
            if (Make(run.With(drawing => drawing with { Request = drawing.Request with { Width = width, Height = height } }), plan.RequestedMode, plan.BudgetBytes).Fits)
                return (width, height);
        }
        return null;
    }
}
