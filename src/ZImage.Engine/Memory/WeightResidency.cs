using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Where the weights of one component are. On the CPU those that can be are used where they lie in the mapped file, but for those that are repacked
/// (<see cref="Repacking"/>). All others are in a place on the device: a resident block has one of its own, and the blocks that are streamed take
/// turns in two slots. A block that is not there when its turn comes is brought then, or while the block before it computes.
/// </summary>
public sealed class WeightResidency : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly WeightTransfer _transfer;
    private readonly bool _ownsTransfer;
    private readonly Buffer _placeholder;
    private readonly Dictionary<MappedFile, Buffer> _files = [];
    private readonly Dictionary<Block, BlockImage> _images = [];
    private readonly Dictionary<Block, BlockPlace> _resident = [];
    private readonly Dictionary<Block, BlockPlace> _slots = [];

    /// <summary>Describes the places; weights used in place have theirs, all others have none yet.</summary>
    /// <param name="weights">The component's weights; their graphs compute through <see cref="Compute"/>.</param>
    /// <param name="memory">The device.</param>
    /// <param name="transfer">Brings blocks to the device; it stays the caller's.</param>
    internal WeightResidency(ModelWeights weights, DeviceMemory memory, WeightTransfer transfer)
        : this(weights, memory, transfer, ownsTransfer: false)
    {
    }

    private WeightResidency(ModelWeights weights, DeviceMemory memory, WeightTransfer transfer, bool ownsTransfer)
    {
        _memory = memory;
        _transfer = transfer;
        _ownsTransfer = ownsTransfer;
        _placeholder = Buffer.Placeholder(memory.Type);
        Weights = weights;
        (Type, Repacked) = Repacking.Of(weights, memory);
        foreach (Block block in weights.Blocks)
        {
            var image = new BlockImage(block, Type, [.. block.Weights.Where(weight => Repacked.Contains(weight) || !TryUseInPlace(weight))], Repacked);
            image.Displace(_placeholder);
            _images[block] = image;
        }
        weights.Residency = this;
    }

    public ModelWeights Weights { get; }

    public DeviceMemory Memory => _memory;

    /// <summary>The kind of memory in which blocks have their places.</summary>
    public BufferType Type { get; }

    /// <summary>The weights that are kept in the order of the processor's kernels.</summary>
    internal IReadOnlySet<Weight> Repacked { get; }

    /// <summary>Bytes of weights that are used in place and so cost no memory of ours.</summary>
    public long MappedBytes { get; private set; }

    /// <summary>Makes every block resident and brings it now.</summary>
    /// <exception cref="BudgetExceededException">They exceed the budget; nothing stays allocated.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room; nothing stays allocated.</exception>
    public static WeightResidency Place(ModelWeights weights, DeviceMemory memory, CancellationToken cancellation)
    {
        var transfer = new WeightTransfer(memory, new MemoryAccount("RAM", BufferType.PinnedFor(memory.Backend.Device)));
        WeightResidency? residency = null;
        try
        {
            residency = new WeightResidency(weights, memory, transfer, ownsTransfer: true);
            residency.Hold(weights.Blocks.ToHashSet());
            transfer.Prepare(residency.ToCome());
            residency.Bring(cancellation);
            transfer.Rest();
            return residency;
        }
        catch
        {
            residency?.Dispose();
            if (residency is null)
                transfer.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that a block takes on the device, padding included; 0 when it is used in place.</summary>
    public long BytesOf(Block block) => _images[block].Bytes;

    internal bool Has(Block block) => _images.ContainsKey(block);

    internal BlockImage ImageOf(Block block) => _images[block];

    /// <summary>Blocks that have a place and are not there.</summary>
    internal IEnumerable<BlockImage> ToCome()
        => _resident.Concat(_slots).Where(pair => pair.Value.Content != _images[pair.Key]).Select(pair => _images[pair.Key]);

    /// <summary>Takes all blocks but these off the device.</summary>
    internal void Release(IReadOnlySet<Block> butThese)
    {
        _transfer.Settle();
        foreach (Block block in _slots.Keys.ToArray())
            _images[block].Displace(_placeholder);
        _slots.Clear();
        foreach (Block block in _resident.Keys.Where(block => !butThese.Contains(block)).ToArray())
        {
            _images[block].Displace(_placeholder);
            _resident[block].Dispose();
            _resident.Remove(block);
        }
    }

    /// <summary>Gives blocks a place of their own; their weights come when they are needed, or with <see cref="Bring"/>.</summary>
    /// <exception cref="BudgetExceededException">They exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    internal void Hold(IReadOnlySet<Block> blocks)
    {
        foreach (Block block in Weights.Blocks)
        {
            BlockImage image = _images[block];
            if (image.Bytes == 0 || !blocks.Contains(block) || _resident.ContainsKey(block))
                continue;
            var place = new BlockPlace(_memory, Type, image.Bytes, $"the weights of {block.Name}");
            _resident[block] = place;
            image.Place(place.Buffer);
        }
    }

    /// <summary>Lets blocks pass through the slots, in turn; each comes at least once more, whatever the slots hold.</summary>
    internal void Stream(IReadOnlyList<Block> blocks, IReadOnlyList<BlockPlace> slots)
    {
        // A tensor's place is cleared where a device pads rows, under what is there.
        foreach (BlockPlace slot in slots)
            slot.Content = null;
        for (int i = 0; i < blocks.Count; i++)
        {
            BlockPlace slot = slots[i % slots.Count];
            _slots[blocks[i]] = slot;
            _images[blocks[i]].Place(slot.Buffer);
        }
    }

    /// <summary>Brings the weights of every resident block that is not there yet.</summary>
    internal void Bring(CancellationToken cancellation)
    {
        try
        {
            foreach ((Block block, BlockPlace place) in _resident)
            {
                cancellation.ThrowIfCancellationRequested();
                if (place.Content != _images[block])
                    _transfer.Start(_images[block], place);
            }
            _transfer.Settle();
        }
        catch
        {
            _transfer.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Computes block by block, everything of a block while the block is there. When it returns all results are there.
    /// </summary>
    /// <param name="visits">The blocks in their order, each with its work.</param>
    /// <param name="again">Whether the same blocks follow once more, so that the first of them can be brought already.</param>
    /// <param name="afterWork">Called after each piece of work; for tests and profiles.</param>
    /// <param name="cancellation">Looked at between blocks, and between the pieces of work that has any.</param>
    internal void Compute(IReadOnlyList<BlockVisit> visits, bool again, Action<IBlockWork>? afterWork, CancellationToken cancellation)
    {
        try
        {
            for (int i = 0; i < visits.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Block block = visits[i].Block;
                BlockPlace? here = PlaceOf(block);
                if (here is not null)
                {
                    if (here.Content != _images[block])
                        _transfer.Start(_images[block], here);
                    _transfer.Finish(here);
                }
                if (_transfer.Prefetch)
                    BringNext(visits, i, here, again);
                foreach (IBlockWork work in visits[i].Work)
                {
                    work.Compute(_memory.Backend, cancellation);
                    afterWork?.Invoke(work);
                }
            }
        }
        catch
        {
            _transfer.Abandon();
            throw;
        }
    }

    public void Dispose()
    {
        Release(new HashSet<Block>());
        foreach (Buffer file in _files.Values)
            file.Dispose();
        _placeholder.Dispose();
        if (_ownsTransfer)
            _transfer.Dispose();
    }

    // The next block that is not there, unless its slot is needed before.
    private void BringNext(IReadOnlyList<BlockVisit> visits, int current, BlockPlace? here, bool again)
    {
        var needed = new HashSet<BlockPlace?> { here };
        int end = again ? current + visits.Count : visits.Count;
        for (int i = current + 1; i < end; i++)
        {
            Block block = visits[i % visits.Count].Block;
            BlockPlace? place = PlaceOf(block);
            if (place is not null && place.Content != _images[block])
            {
                if (!needed.Contains(place) && _transfer.HasRoom)
                    _transfer.Start(_images[block], place);
                return;
            }
            needed.Add(place);
        }
    }

    // None for a block that is used in place.
    private BlockPlace? PlaceOf(Block block)
        => _images[block].Bytes == 0 ? null : _resident.GetValueOrDefault(block) ?? _slots.GetValueOrDefault(block)
            ?? throw new InvalidOperationException($"The block {block.Name} has no place on {_memory.Name}.");

    private bool TryUseInPlace(Weight weight)
    {
        CheckpointTensor stored = weight.Sources[0].Stored;
        // Files of other formats than GGUF align less than ggml asks for, which its CPU code can do without on x86; it counts on no less
        // than whole elements.
        if (!_memory.UsesFiles || !weight.IsAsStored || stored.Offset % ElementBytes(weight.Tensor.Type) != 0)
            return false;
        if (!_files.TryGetValue(stored.File, out Buffer? file))
            _files[stored.File] = file = Buffer.FromFile(stored.File);
        file.Place(weight.Tensor, stored.Offset);
        MappedBytes += stored.Bytes;
        return true;
    }

    // Blocks of quantised types are made of F16 and bytes.
    private static int ElementBytes(GgmlType type) => type == GgmlType.F32 ? sizeof(float) : sizeof(ushort);
}
