using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>
/// What a run will do with the device's memory, known before anything is moved: sizes are those of dry runs and of the weights as they lie on
/// the device, so the accounted peak of each phase equals its prediction to the byte.
/// </summary>
public sealed record MemoryPlan
{
    /// <summary>The mode that was asked for: with Auto, <see cref="Mode"/> is what it came to.</summary>
    public required OffloadMode RequestedMode { get; init; }

    public required OffloadMode Mode { get; init; }

    /// <summary>Name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Pictures that are made together.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Prompts that go through the phases together, each with its pictures.</summary>
    public required int Prompts { get; init; }

    /// <summary>How pictures pass through the autoencoder: whole, in strips with activations in host memory, or in tiles.</summary>
    public required ImageWay Decoding { get; init; }

    /// <summary>Steps of the sampler.</summary>
    public required int Steps { get; init; }

    /// <summary>Bytes of the device that may be used.</summary>
    public required long BudgetBytes { get; init; }

    public required IReadOnlyList<PhasePlan> Phases { get; init; }

    /// <summary>Most host memory that a run takes: kept weights, the staging of the first run, through which everything comes, and activations that wait there.</summary>
    public required long HostBytes { get; init; }

    /// <summary>Bytes of host memory in which activations wait, of <see cref="HostBytes"/>.</summary>
    public long ActivationHostBytes { get; init; }

    /// <summary>Bytes that each run after the first reads from the files again.</summary>
    public required long RereadBytes { get; init; }

    /// <summary>Blocks that stay in pinned host memory between their visits.</summary>
    internal IReadOnlySet<Block> Kept { get; init; } = new HashSet<Block>();

    /// <summary>Whether every phase fits the budget.</summary>
    public bool Fits => PeakBytes <= BudgetBytes;

    /// <summary>Most bytes of the device at any time.</summary>
    public long PeakBytes => Tightest.PeakBytes;

    /// <summary>The phase that needs the most memory.</summary>
    public PhasePlan Tightest => Phases.MaxBy(phase => phase.PeakBytes)!;

    /// <summary>Bytes moved to the device for each run after the first.</summary>
    public long UploadBytes => Phases.Sum(phase => phase.UploadBytes);

    /// <summary>Bytes of activations that go from host memory to the device and back in each run.</summary>
    public long ActivationBytes => Phases.Sum(phase => phase.ActivationBytes);

    /// <summary>Blocks of the transformer that stay on the device while it works.</summary>
    public int ResidentBlocks => Sampling?.ResidentBlocks ?? 0;

    /// <summary>Blocks of the transformer that are brought each time they are needed.</summary>
    public int StreamedBlocks => Sampling?.StreamedBlocks ?? 0;

    /// <summary>Seconds for a run after the first, by rates measured on this machine; null when nothing was measured yet.</summary>
    public double? PredictedSeconds => Phases.All(phase => phase.Seconds is not null) ? Phases.Sum(phase => phase.Seconds) : null;

    /// <summary>One sentence for a person who wants to know what will happen.</summary>
    public string Describe()
    {
        string mode = RequestedMode == Mode ? $"{Mode}" : $"{Mode} (chosen by {RequestedMode})";
        string blocks = StreamedBlocks == 0 ? "" : $" {ResidentBlocks} blocks of the transformer stay, {StreamedBlocks} are streamed.";
        string seconds = PredictedSeconds is { } s ? FormattableString.Invariant($" About {s:F1} s.") : "";
        string decoding = Decoding.Method == ImageMethod.Whole ? "" : $" Decoded {Decoding}.";
        return $"{Width}x{Height} on {Device}, mode {mode}: at most {ByteSize.Text(PeakBytes)} of {ByteSize.Text(BudgetBytes)} ({Tightest.Phase}), {ByteSize.Text(UploadBytes)} moved a run.{blocks}{decoding}{seconds}";
    }

    public override string ToString() => Describe();

    private PhasePlan? Sampling => Phases.FirstOrDefault(phase => phase.Phase == Phase.Sample);
}

/// <summary>One phase of a plan.</summary>
public sealed record PhasePlan
{
    public required Phase Phase { get; init; }

    /// <summary>The component at work.</summary>
    public required ComponentKind Component { get; init; }

    /// <summary>Name of the device on which it works.</summary>
    public required string Device { get; init; }

    /// <summary>Bytes of weights on the planned device: resident blocks of all components, and the two slots.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of one of the two slots; 0 when nothing is streamed.</summary>
    public required long SlotBytes { get; init; }

    /// <summary>Bytes of states and compute buffer on the planned device; 0 when the component works on the CPU.</summary>
    public required long WorkspaceBytes { get; init; }

    /// <summary>Bytes moved to the device in this phase, in each run after the first.</summary>
    public required long UploadBytes { get; init; }

    /// <summary>Bytes of activations that go from host memory to the device and back in this phase.</summary>
    public long ActivationBytes { get; init; }

    /// <summary>Blocks of the component that stay on the device through the phase.</summary>
    public required int ResidentBlocks { get; init; }

    /// <summary>Blocks of the component that pass through the slots.</summary>
    public required int StreamedBlocks { get; init; }

    /// <summary>Seconds the phase is expected to take; null when nothing was measured yet.</summary>
    public double? Seconds { get; init; }

    /// <summary>Floating-point operations of the whole phase.</summary>
    internal double Flops { get; init; }

    /// <summary>Bytes of the planned device at the phase's height.</summary>
    public long PeakBytes => WeightBytes + WorkspaceBytes;

    /// <summary>Blocks of all components that have a place of their own.</summary>
    internal IReadOnlySet<Block> Held { get; init; } = new HashSet<Block>();

    /// <summary>Blocks that take turns in the slots, in the order of their visits.</summary>
    internal IReadOnlyList<Block> Streamed { get; init; } = [];
}
