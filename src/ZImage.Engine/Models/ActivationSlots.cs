using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>An image between two passes.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Slot">0 or 1: which of the slots it lies in.</param>
/// <param name="IsOnHost">Whether that is a slot in host memory, and only windows of it come to the device.</param>
internal sealed record Activation(ImageShape Shape, int Slot, bool IsOnHost);

/// <summary>
/// The memory of activations: two slots on the device and two in host memory, each as large as the largest activation that lies in it, and two
/// windows on the device for rows of those in host memory.
/// </summary>
internal sealed class ActivationSlots : IDisposable
{
    private readonly ImageLayout _layout;
    private readonly StateBuffer _device, _host;
    private readonly Dictionary<(int Slot, bool OnHost), Tensor> _slots = [];
    private readonly Dictionary<Activation, Tensor> _wholes = [];
    private readonly Tensor[] _windows;
    private readonly Context _views;

    /// <param name="device">State on the device that slots and windows become a part of.</param>
    /// <param name="ram">Host memory.</param>
    /// <param name="activations">All that will ever lie in the slots.</param>
    /// <param name="windowBytes">Size of the window of images, and of that of streams and results; 0 for none.</param>
    /// <param name="layout">How activations lie.</param>
    public ActivationSlots(StateBuffer device, MemoryAccount ram, IReadOnlyCollection<Activation> activations, long[] windowBytes, ImageLayout layout)
    {
        (_device, _host, _layout) = (device, new StateBuffer(ram), layout);
        _views = new Context(activations.Count);
        foreach (IGrouping<(int Slot, bool IsOnHost), Activation> slot in activations.GroupBy(a => (a.Slot, a.IsOnHost)))
            _slots[slot.Key] = (slot.Key.IsOnHost ? _host : _device).Add("activations", GgmlType.F32, slot.Max(a => a.Shape.Elements));
        _windows = [.. windowBytes.Select(bytes => bytes == 0 ? default : _device.Add("window", GgmlType.F32, bytes / sizeof(float)))];
    }

    /// <summary>Bytes of host memory that <see cref="AllocateOnHost"/> takes.</summary>
    public long HostBytes => _host.IsEmpty ? 0 : _host.Bytes;

    public void AllocateOnHost(string purpose)
    {
        if (!_host.IsEmpty)
            _host.AllocateOnHost(purpose);
    }

    /// <summary>All of an activation; it must have its place.</summary>
    public Tensor Whole(Activation activation)
        => _wholes.TryGetValue(activation, out Tensor whole) ? whole : _wholes[activation] = _layout.Whole(_views, _slots[(activation.Slot, activation.IsOnHost)], activation.Shape);

    /// <summary>So many rows of an activation as a graph sees them: where they lie on the device, or in a window.</summary>
    public MovingRows Rows(Context c, Activation activation, int count, int window)
    {
        Tensor rows = _layout.Rows(c, activation.Shape, count, activation.IsOnHost);
        return activation.IsOnHost ? new MovingRows(_device, _windows[window], rows, 0) : new MovingRows(_device, _slots[(activation.Slot, false)], rows, _layout.RowBytes(activation.Shape));
    }

    public void Dispose()
    {
        _views.Dispose();
        _host.Dispose();
    }
}

/// <summary>Rows of a larger tensor that a graph refers to, other ones each time it is computed.</summary>
/// <param name="state">What the larger tensor is a part of.</param>
/// <param name="whole">The larger tensor.</param>
/// <param name="rows">The rows as a tensor of the graph.</param>
/// <param name="rowBytes">How far they move for a row; 0 for a window, which stays where it is.</param>
internal sealed class MovingRows(StateBuffer state, Tensor whole, Tensor rows, long rowBytes)
{
    private readonly long _offset = state.OffsetOf(whole);
    private readonly List<Tensor> _moving = Announced(state, rows);

    public Tensor Tensor => rows;

    /// <summary>A copy into the rows moves as they do.</summary>
    public void Follow(Tensor copy) => _moving.Add(copy);

    public void MoveTo(int first)
    {
        foreach (Tensor tensor in _moving)
            state.Buffer.Move(tensor, _offset + first * rowBytes);
    }

    private static List<Tensor> Announced(StateBuffer state, Tensor rows)
    {
        state.Announce(rows);
        return [rows];
    }
}
