using System.Diagnostics;
using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>
/// Moves blocks to a device. A thread reads a block from its mapped file into one of two pinned staging buffers, or has kept it in pinned
/// memory, and copies it on a second instance of the device, whose stream runs beside the computation; the computing instance waits for the
/// copy's event. Where a device has one queue for all (Vulkan) the copy is made by the computing thread when the block is needed, and only the
/// reading runs ahead. On the CPU a block is read straight into its place. Called from the computing thread alone.
/// </summary>
public sealed class WeightTransfer : IDisposable
{
    // Enough to tell the speed of a link; later copies are not waited for.
    private const int MeasuredCopies = 4;
    private const long LeastMeasured = 1 << 18;

    private readonly DeviceMemory _memory;
    private readonly MemoryAccount _ram;
    private readonly Backend? _copier;
    private readonly NativeThread? _thread;
    private readonly HostCopy?[] _staging = new HostCopy?[2];
    private readonly Dictionary<BlockImage, HostCopy> _kept = [];
    private IReadOnlySet<BlockImage> _toKeep = new HashSet<BlockImage>();
    private int _nextStaging;
    private int _measured;
    // Not more than there are staging buffers, oldest first.
    private readonly List<Pending> _pending = [];

    /// <param name="memory">The device to move to.</param>
    /// <param name="ram">Counts the host memory that staging and kept blocks take.</param>
    public WeightTransfer(DeviceMemory memory, MemoryAccount ram)
    {
        _memory = memory;
        _ram = ram;
        if (memory.Type.IsHost)
            return;
        _thread = new NativeThread("ZImage transfer to " + memory.Name, NativeThread.Current);
        if (memory.Backend.Device.Backend != BackendKind.Cuda)
            return;
        try
        {
            _copier = _thread.Run(() => Backend.Open(memory.Backend.Device));
        }
        catch
        {
            _thread.Dispose();
            throw;
        }
    }

    /// <summary>Whether a block is brought while the one before it computes.</summary>
    public bool Prefetch { get; set; } = true;

    /// <summary>Whether copies run beside the computation on this device.</summary>
    public bool Overlaps => _copier is not null;

    /// <summary>Bytes moved to the device so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Seconds so far in which the computing thread stood still for blocks: until they were read, and where there is one queue for all, or no
    /// copy at all as on the CPU, until they were in their place. Where copies run beside the computation (CUDA) the device itself waits for the
    /// rest of a copy, which no clock here sees: that time is in the computation's.
    /// </summary>
    public double WaitSeconds { get; private set; }

    /// <summary>Speeds as seen so far.</summary>
    public LinkRates Rates { get; private set; } = new(null, null);

    /// <summary>Whether another block may be brought ahead; more than two at a time would bring nothing.</summary>
    internal bool HasRoom => _pending.Count < _staging.Length;

    /// <summary>Says which blocks stay in pinned host memory once they were read; what is kept of others is let go.</summary>
    internal void Keep(IReadOnlySet<BlockImage> images)
    {
        Settle();
        foreach (BlockImage image in _kept.Keys.Where(kept => !images.Contains(kept)).ToArray())
        {
            _kept[image].Dispose();
            _kept.Remove(image);
        }
        _toKeep = images;
    }

    /// <summary>Gets host memory ready for blocks that are to come, so that nothing is allocated between two of them.</summary>
    /// <exception cref="DeviceOutOfMemoryException">There is no room for staging.</exception>
    internal void Prepare(IEnumerable<BlockImage> images)
    {
        if (_thread is null)
            return;
        long staged = 0;
        foreach (BlockImage image in images)
        {
            if (!_kept.ContainsKey(image) && !TryKeep(image))
                staged = Math.Max(staged, image.Bytes);
        }
        if (staged == 0 || _staging[0]?.Bytes >= staged)
            return;
        Rest();
        try
        {
            for (int i = 0; i < _staging.Length; i++)
                _staging[i] = new HostCopy(_ram, _memory.Backend.Device, staged, "staging");
        }
        catch
        {
            Rest();
            throw;
        }
    }

    /// <summary>Starts to bring a block to a place. What computes from that place must be done.</summary>
    internal void Start(BlockImage image, BlockPlace place)
    {
        Finish(place);
        if (!HasRoom)
            Finish(_pending[0].Place);
        place.Content = null;
        Bytes += image.Bytes;
        if (_thread is null)
        {
            long began = Stopwatch.GetTimestamp();
            image.ReadInto(place.Buffer);
            place.Content = image;
            SawRead(image.Bytes, began);
            WaitSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
            return;
        }
        HostCopy source = SourceFor(image);
        _pending.Add(new Pending(source, place, _thread.Begin(() => Move(image, source, place))));
        place.Content = image;
    }

    /// <summary>Makes the computation that follows wait for what is on its way to a place.</summary>
    internal void Finish(BlockPlace place)
    {
        int index = _pending.FindIndex(each => each.Place == place);
        if (index < 0)
            return;
        Pending pending = _pending[index];
        _pending.RemoveAt(index);
        long waiting = Stopwatch.GetTimestamp();
        try
        {
            pending.Work.Wait();
            if (_copier is null)
            {
                long began = Stopwatch.GetTimestamp();
                Backend.Copy(place.Bytes, pending.Source.Buffer, pending.Source.Content!.Bytes);
                Rates = Rates with { Copy = Rate(pending.Source.Content.Bytes, began) ?? Rates.Copy };
            }
            else
                pending.Source.Await(_memory.Backend);
        }
        catch
        {
            place.Content = null;
            throw;
        }
        WaitSeconds += Stopwatch.GetElapsedTime(waiting).TotalSeconds;
    }

    /// <summary>Ends what is on its way: when this returns, all of it is there and no copy runs any more.</summary>
    internal void Settle()
    {
        while (_pending.Count > 0)
            Finish(_pending[0].Place);
        _copier?.Synchronize();
    }

    /// <summary>Ends what is on its way after a fault or a cancellation: nothing moves any more, and what was to come counts as not there.</summary>
    internal void Abandon()
    {
        foreach (Pending pending in _pending)
        {
            pending.Place.Content = null;
            pending.Work.WaitForEnd();
        }
        _pending.Clear();
        _copier?.Synchronize();
    }

    /// <summary>Lets the staging buffers go; what is kept stays.</summary>
    internal void Rest()
    {
        Settle();
        for (int i = 0; i < _staging.Length; i++)
        {
            _staging[i]?.Dispose();
            _staging[i] = null;
        }
    }

    public void Dispose()
    {
        Rest();
        Keep(new HashSet<BlockImage>());
        if (_copier is not null)
            _thread!.Run(_copier.Dispose);
        _thread?.Dispose();
    }

    private HostCopy SourceFor(BlockImage image)
        => _kept.GetValueOrDefault(image) ?? _staging[_nextStaging++ % _staging.Length]
            ?? throw new InvalidOperationException($"There is no host memory for {image.Block.Name}.");

    // Pinned memory is scarcer than memory; what has no room is read from its file each time.
    private bool TryKeep(BlockImage image)
    {
        if (!_toKeep.Contains(image))
            return false;
        try
        {
            _kept[image] = new HostCopy(_ram, _memory.Backend.Device, image.Bytes, $"the weights of {image.Block.Name} in host memory");
            return true;
        }
        catch (ZImageException fault) when (fault is DeviceOutOfMemoryException or BudgetExceededException)
        {
            return false;
        }
    }

    // On the thread of the transfer.
    private void Move(BlockImage image, HostCopy source, BlockPlace place)
    {
        if (source.Content != image)
        {
            long began = Stopwatch.GetTimestamp();
            source.Read(image);
            SawRead(image.Bytes, began);
        }
        if (_copier is null)
            return;
        bool measure = _measured < MeasuredCopies && image.Bytes >= LeastMeasured;
        if (measure)
            _copier.Synchronize();
        long start = Stopwatch.GetTimestamp();
        source.CopyTo(place, _copier);
        if (!measure)
            return;
        _copier.Synchronize();
        Rates = Rates with { Copy = Math.Max(Rates.Copy ?? 0, Rate(image.Bytes, start) ?? 0) };
        _measured++;
    }

    // Some blocks come from the disk and others from the page cache: what counts is how it goes on the whole.
    private void SawRead(long bytes, long began)
    {
        if (Rate(bytes, began) is { } rate)
            Rates = Rates with { Read = Rates.Read is { } before ? 0.8 * before + 0.2 * rate : rate };
    }

    // Small blocks show the time of starting.
    private static double? Rate(long bytes, long began) => bytes >= LeastMeasured ? bytes / Stopwatch.GetElapsedTime(began).TotalSeconds : null;

    private sealed record Pending(HostCopy Source, BlockPlace Place, PendingWork Work);
}

/// <summary>Bytes a second from pinned memory to the device, and from files into host memory; null where none was seen yet.</summary>
public sealed record LinkRates(double? Copy, double? Read);
