using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Memory;

/// <summary>
/// How fast each component computes on its device, in operations a second: the best of what was seen last, because a run that compiled kernels,
/// or shared the device with others, shows less than there is.
/// </summary>
internal sealed class ComputeSpeeds
{
    private const int Remembered = 3;

    private readonly Dictionary<(ComponentKind, string), Queue<double>> _seen = [];

    /// <summary>Whether anything was seen of a component on a device.</summary>
    public bool Knows(ComponentKind kind, string device) => _seen.ContainsKey((kind, device));

    public void Observe(ComponentKind kind, string device, double flopsPerSecond)
    {
        if (!_seen.TryGetValue((kind, device), out Queue<double>? last))
            _seen[(kind, device)] = last = [];
        last.Enqueue(flopsPerSecond);
        if (last.Count > Remembered)
            last.Dequeue();
    }

    /// <summary>Null when nothing was seen yet.</summary>
    public double? Of(ComponentKind kind, string device) => _seen.TryGetValue((kind, device), out Queue<double>? last) ? last.Max() : null;
}
