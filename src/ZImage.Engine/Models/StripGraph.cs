using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>What the strips of one shape of a pass compute: a graph that is moved over the image.</summary>
internal sealed class StripGraph : IDisposable
{
    private readonly ImageLayer _layer;
    private readonly MovingRows _image, _target;
    private readonly MovingRows? _stream, _means, _squares;
    private readonly (Tensor Mean, Tensor Scale) _channels;
    private readonly Tensor _filter;
    private Tensor _values;

    /// <param name="pass">The pass.</param>
    /// <param name="strip">One of the strips.</param>
    /// <param name="slots">Where the activations lie.</param>
    /// <param name="statistics">Those of the image, and of the result if it is normalised next.</param>
    /// <param name="filter">The slot of kernels that are made anew.</param>
    public StripGraph(ImagePass pass, Strip strip, ActivationSlots slots, GroupStatistics statistics, Tensor filter)
    {
        (_layer, _filter) = (pass.Layer, filter);
        (Strip, Backend, Layout, IsDirect) = (strip, pass.Backend, pass.Layout, pass.IsDirect);
        int nodes = _layer.Nodes(pass.Image.Shape);
        Context = new Context(nodes, graphs: 1, graphNodes: nodes);
        try
        {
            Graph = Context.NewGraph(nodes);
            _image = slots.Rows(Context, pass.Image, strip.Image.Count, ImagePass.ImageWindow);
            _stream = pass.Stream is { } stream ? slots.Rows(Context, stream, strip.Count, ImagePass.ResultWindow) : null;
            _target = slots.Rows(Context, pass.Target, strip.Count, pass.TargetWindow);
            if (_layer.Norm is not null)
                _channels = statistics.Channels(Context, pass.Image.Shape.Channels);
            _layer.Build(this);
            if (pass.NotesStatistics)
            {
                (_means, _squares) = statistics.Rows(Context, pass.Target.Shape, strip.Count);
                statistics.Note(this, _layer.IsWhole ? _target.Tensor : _values, _means, _squares);
            }
        }
        catch
        {
            Context.Dispose();
            throw;
        }
    }

    public Context Context { get; }

    public Backend Backend { get; }

    /// <summary>How images lie.</summary>
    public ImageLayout Layout { get; }

    /// <summary>Whether convolutions are computed without gathered patches.</summary>
    public bool IsDirect { get; }

    public Graph Graph { get; }

    /// <summary>The first strip of this shape.</summary>
    public Strip Strip { get; }

    /// <summary>Which rows <see cref="Image"/> has.</summary>
    public RowWindow Rows => Strip.Image;

    /// <summary>Rows of the image.</summary>
    public Tensor Image => _image.Tensor;

    /// <summary>Rows of the residual stream.</summary>
    public Tensor Stream => _stream!.Tensor;

    /// <summary>Rows of the result.</summary>
    public Tensor Target => _target.Tensor;

    /// <summary>A convolution's kernel as it multiplies with it.</summary>
    public Tensor KernelOf(Convolution convolution) => convolution.Filter?.In(Context, _filter) ?? convolution.Kernel;

    /// <summary>The rows of the image, normalised.</summary>
    public Tensor Normed() => _layer.Norm!.Build(Context, Layout, Image, _channels.Mean, _channels.Scale);

    /// <summary>Rows as they are, contiguous. They may be moved, so there must be no view of them.</summary>
    public Tensor Plain(Tensor rows) => rows.IsContiguous ? rows : Context.Cont(rows);

    /// <summary>Stores the strip's result.</summary>
    public void Write(Tensor values)
    {
        _values = values;
        Write(values, _target);
    }

    /// <summary>Stores values of the strip, in the order of the calls.</summary>
    public void Write(Tensor values, MovingRows rows)
    {
        Tensor copy = Context.Copy(values, rows.Tensor);
        rows.Follow(copy);
        Graph.Expand(copy);
    }

    /// <summary>Stores pixels, from one on, of a strip that is the whole image.</summary>
    public void WritePixels(Tensor values, long first, long count) => Graph.Expand(Context.Copy(values, Layout.Pixels(Context, Target, first, count)));

    /// <summary>Gives the graph the places of a strip of its shape.</summary>
    public void MoveTo(Strip strip)
    {
        _image.MoveTo(strip.Image.First);
        _stream?.MoveTo(strip.First);
        _target.MoveTo(strip.First);
        _means?.MoveTo(strip.First);
        _squares?.MoveTo(strip.First);
    }

    public void Dispose() => Context.Dispose();
}
