using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>
/// The weights of all components on the session's device, and the two slots they share: takes the device from one phase of a plan to the next.
/// What the phase does not hold leaves first, so that the device never has more than the plan says.
/// </summary>
internal sealed class DeviceResidency(DeviceMemory memory, WeightTransfer transfer) : IDisposable
{
    private readonly Dictionary<ComponentKind, WeightResidency> _components = [];
    private readonly List<BlockPlace> _slots = [];
    private long _slotBytes;
    private BufferType _slotType;

    public DeviceMemory Memory { get; } = memory;

    public WeightTransfer Transfer { get; } = transfer;

    /// <summary>Bytes that a component's blocks use in place.</summary>
    public long MappedBytes => _components.Values.Sum(component => component.MappedBytes);

    /// <summary>Bytes of the weights that are kept in the order of the processor's kernels, by type.</summary>
    public IReadOnlyDictionary<GgmlType, long> RepackedBytes => _components.Values.SelectMany(component => component.Repacked)
        .GroupBy(weight => weight.Tensor.Type).ToDictionary(group => group.Key, group => group.Sum(weight => weight.Tensor.Bytes));

    /// <summary>Whether a block of a component on this device takes memory there.</summary>
    public bool HoldsWeights => _components.Values.Any(component => component.Weights.Blocks.Any(block => component.BytesOf(block) > 0));

    /// <summary>Takes a component in; it has no memory yet.</summary>
    public void Add(ComponentKind kind, ModelWeights weights) => _components.Add(kind, new WeightResidency(weights, Memory, Transfer));

    /// <summary>Lets a component go with all it holds.</summary>
    public void Remove(ComponentKind kind)
    {
        Transfer.Keep(new HashSet<BlockImage>());
        if (_components.Remove(kind, out WeightResidency? component))
            component.Dispose();
    }

    /// <summary>The blocks of some components that take memory of this device.</summary>
    public IEnumerable<Block> Blocks(Func<ComponentKind, bool> of)
        => _components.Where(pair => of(pair.Key)).SelectMany(pair => pair.Value.Weights.Blocks.Where(block => pair.Value.BytesOf(block) > 0));

    /// <summary>Bytes of a block of any component on this device.</summary>
    public long BytesOf(Block block) => _components.Values.Where(component => component.Has(block)).Sum(component => component.BytesOf(block));

    /// <summary>Follows a plan from now on: keeps in host memory what it keeps there.</summary>
    public void Follow(MemoryPlan plan) => Transfer.Keep(_components.Values
        .SelectMany(component => component.Weights.Blocks.Where(plan.Kept.Contains).Select(component.ImageOf)).ToHashSet());

    /// <summary>Gives every block of a phase its place; weights come when they are needed, or with <see cref="Bring"/>.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the budget; what is held stays consistent, and another phase can be entered.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room; likewise.</exception>
    public void Enter(PhasePlan phase)
    {
        foreach (WeightResidency component in _components.Values)
            component.Release(phase.Held);
        BufferType type = phase.SlotBytes > 0 ? _components[phase.Component].Type : Memory.Type;
        if (phase.SlotBytes != _slotBytes || !type.Equals(_slotType))
            FreeSlots();
        foreach (WeightResidency component in _components.Values)
            component.Hold(phase.Held);
        (_slotBytes, _slotType) = (phase.SlotBytes, type);
        if (_slotBytes == 0)
            return;
        while (_slots.Count < 2)
            _slots.Add(new BlockPlace(Memory, type, _slotBytes, "a slot for streamed blocks"));
        _components[phase.Component].Stream(phase.Streamed, _slots);
    }

    /// <summary>Gets host memory ready for what the phase will bring.</summary>
    public void Prepare(PhasePlan phase)
    {
        if (_components.TryGetValue(phase.Component, out WeightResidency? component))
            Transfer.Prepare(component.ToCome());
    }

    /// <summary>Brings all weights that have a place of their own.</summary>
    public void Bring(CancellationToken cancellation)
    {
        foreach (WeightResidency component in _components.Values)
        {
            Transfer.Prepare(component.ToCome());
            component.Bring(cancellation);
        }
        Transfer.Rest();
    }

    /// <summary>Takes everything off the device.</summary>
    public void Clear()
    {
        foreach (WeightResidency component in _components.Values)
            component.Release(new HashSet<Block>());
        FreeSlots();
    }

    public void Dispose()
    {
        Clear();
        foreach (WeightResidency component in _components.Values)
            component.Dispose();
        Transfer.Dispose();
    }

    private void FreeSlots()
    {
        _slots.ForEach(slot => slot.Dispose());
        _slots.Clear();
        _slotBytes = 0;
    }
}
