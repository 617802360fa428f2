using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// A layer for one size of image: computed in strips. Activations that rest in host memory pass through windows
/// on the device, which changes nothing of what is computed.
/// </summary>
internal sealed class ImagePass : IBlockWork, IDisposable
{
    /// <summary>The window of rows that a kernel reaches, and that of rows of the residual stream or of the result.</summary>
    public const int ImageWindow = 0, ResultWindow = 1;

    private readonly IReadOnlyList<Strip> _strips;
    private readonly Dictionary<Strip, StripGraph> _graphs = [];
    private readonly string _activity;
    private GroupStatistics? _statistics;
    private BlockGraph? _filter;
    private Tensor? _hostImage, _hostStream, _hostTarget;

    /// <param name="block">The block it is a part of.</param>
    /// <param name="layer">What is computed.</param>
    /// <param name="image">What it is computed from.</param>
    /// <param name="stream">The residual stream, where the layer adds to it.</param>
    /// <param name="target">The result.</param>
    /// <param name="strips">The strips of the result.</param>
    /// <param name="backend">The device.</param>
    /// <param name="moment">What is being done, for a fault to name.</param>
    public ImagePass(Block block, ImageLayer layer, Activation image, Activation? stream, Activation target, IReadOnlyList<Strip> strips, Backend backend, string moment)
    {
        (Block, Layer, Image, Stream, Target, _strips, Backend, Moment) = (block, layer, image, stream, target, strips, backend, moment);
        _activity = $"{moment}, block {block.Name}";
    }

    public Block Block { get; }

    public string Name => Block.Name;

    public string Moment { get; }

    public ImageLayer Layer { get; }

    public Activation Image { get; }

    public Activation? Stream { get; }

    public Activation Target { get; }

    public Backend Backend { get; }

    /// <summary>The window of the result: what is computed in place must find its image there.</summary>
    public int TargetWindow => Layer.IsWhole ? ImageWindow : ResultWindow;

    /// <summary>How images lie.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>Whether convolutions are computed without gathered patches.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Whether the next pass normalises the result.</summary>
    public bool NotesStatistics { get; init; }

    public IReadOnlyList<Tensor> Results { get; private set; } = [];

    public IEnumerable<Graph> Graphs => [.. _filter is null ? [] : (IEnumerable<Graph>)[_filter.Graph], .. _graphs.Values.Select(graph => graph.Graph)];

    public double Flops => _strips.GroupBy(strip => strip.Shape).Sum(same => same.Count() * _graphs[same.Key].Graph.Flops);

    /// <summary>Bytes of a window that the pass needs.</summary>
    public long WindowBytes(int window)
    {
        long bytes = 0;
        foreach (Strip strip in _strips)
        {
            Need(Image, strip.Image.Count, ImageWindow);
            Need(Stream, strip.Count, ResultWindow);
            Need(Target, strip.Count, TargetWindow);
        }
        return bytes;

        void Need(Activation? activation, int rows, int place)
        {
            if (activation is { IsOnHost: true } && place == window)
                bytes = Math.Max(bytes, rows * activation.Shape.RowBytes * activation.Shape.Channels);
        }
    }

    /// <summary>Bytes that are copied between host and device.</summary>
    public long LinkBytes => _strips.Sum(strip => Copied(Image, strip.Image.Count) + Copied(Stream, strip.Count) + Copied(Target, strip.Count));

    /// <summary>Makes the graphs, which can be measured then.</summary>
    /// <param name="slots">Where the activations lie.</param>
    /// <param name="statistics">Those that one pass notes for the next.</param>
    /// <param name="filter">Where each pass makes the kernel of its own.</param>
    public void Build(ActivationSlots slots, GroupStatistics statistics, Tensor filter)
    {
        _statistics = statistics;
        if (Layer.Filter is { } kernel)
            _filter = new BlockGraph(Block, Name, c => [kernel.Build(c, filter)], nodes: 8);
        foreach (Strip strip in _strips)
        {
            if (!_graphs.ContainsKey(strip.Shape))
                _graphs[strip.Shape] = new StripGraph(this, strip, slots, statistics, filter);
        }
    }

    /// <summary>Gives the graphs the places of their first strips, now that the activations have theirs.</summary>
    public void Place(ActivationSlots slots)
    {
        foreach (StripGraph graph in _graphs.Values)
            graph.MoveTo(graph.Strip);
        Results = [slots.Whole(Target)];
        _hostImage = OnHost(Image);
        _hostStream = OnHost(Stream);
        _hostTarget = OnHost(Target);

        Tensor? OnHost(Activation? activation) => activation is { IsOnHost: true } ? slots.Whole(activation) : null;
    }

    public void Compute(Backend backend, CancellationToken cancellation)
    {
        if (NativeThread.Current is { } thread)
            thread.Activity = _activity;
        if (_filter is not null)
            backend.Compute(_filter.Graph);
        foreach (Strip strip in _strips)
        {
            cancellation.ThrowIfCancellationRequested();
            StripGraph graph = _graphs[strip.Shape];
            graph.MoveTo(strip);
            Upload(graph.Image, _hostImage, strip.Image.First);
            if (_hostStream is not null)
                Upload(graph.Stream, _hostStream, strip.First);
            backend.Compute(graph.Graph);
            Download(graph.Target, _hostTarget, strip.First);
        }
        if (NotesStatistics)
            _statistics!.Combine(Target.Shape);
    }

    public void Dispose()
    {
        _filter?.Dispose();
        foreach (StripGraph graph in _graphs.Values)
            graph.Dispose();
    }

    private static long Copied(Activation? activation, int rows)
        => activation is { IsOnHost: true } ? rows * activation.Shape.RowBytes * activation.Shape.Channels : 0;

    private void Upload(Tensor window, Tensor? host, int first)
    {
        if (host is { } whole)
            Layout.Upload(window, whole, first);
    }

    private void Download(Tensor window, Tensor? host, int first)
    {
        if (host is { } whole)
            Layout.Download(window, whole, first);
    }
}
