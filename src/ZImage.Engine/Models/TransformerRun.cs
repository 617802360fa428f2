using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The transformer's graphs for one picture of one size and one caption length, with the state they share. The caption is set once;
/// then each call of <see cref="Predict"/> is one forward pass. Several runs go through the blocks together where their owner sets the inputs of
/// all, computes the graphs of all block by block, and reads all results.
/// </summary>
public sealed class TransformerRun : IDisposable
{
    private readonly Transformer _model;
    private readonly TransformerConfig _config;
    private readonly int _width, _height, _patches, _captionTokens;
    private readonly StateBuffer _state;
    private readonly Tensor _captionIn, _time, _patchesIn, _patchesOut;
    private readonly TokenPositions _captionPositions, _imagePositions, _jointPositions;
    private readonly List<BlockGraph> _captionGraphs = [];
    private readonly List<BlockGraph> _stepGraphs = [];
    private readonly float[] _patchValues;
    private readonly BlockSearch _search;

    /// <summary>Describes the state and the graphs; nothing is allocated before <see cref="Allocate"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="width">Latent width, even.</param>
    /// <param name="height">Latent height, even.</param>
    /// <param name="captionTokens">Tokens of the caption, at least 1.</param>
    public TransformerRun(Transformer model, DeviceMemory memory, int width, int height, int captionTokens)
    {
        _model = model;
        _config = model.Config;
        (_width, _height, _captionTokens) = (width, height, captionTokens);
        _patches = width / TransformerConfig.Patch * (height / TransformerConfig.Patch);
        ImageTokens = TransformerConfig.Padded(_patches);
        CaptionTokens = TransformerConfig.Padded(captionTokens);
        _patchValues = new float[_patches * model.PatchWidth];
        _search = new BlockSearch(model.Weights, "The diffusion model");

        int tokens = ImageTokens + CaptionTokens;
        _state = new StateBuffer(memory);
        try
        {
            _captionIn = _state.Add("caption_features", GgmlType.F32, _config.CaptionDim, captionTokens);
            _captionPositions = new TokenPositions(_state, "caption", model, CaptionTokens);
            Caption = _state.Add("caption", GgmlType.F32, _config.Dim, CaptionTokens);
            _time = _state.Add("time", GgmlType.F32, 1);
            TimeEmbedding = _state.Add("time_embedding", GgmlType.F32, _config.TimeDim);
            _patchesIn = _state.Add("patches_in", GgmlType.F32, model.PatchWidth, _patches);
            _imagePositions = new TokenPositions(_state, "image", model, ImageTokens);
            _jointPositions = new TokenPositions(_state, "joint", model, tokens);
            X = _state.Add("x", GgmlType.F32, _config.Dim, tokens);
            _patchesOut = _state.Add("patches_out", GgmlType.F32, model.PatchWidth, _patches);
            BuildCaptionGraphs();
            BuildStepGraphs();
            Moment = "before step 1";
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Image tokens, padding included; they come first in the joint sequence.</summary>
    public int ImageTokens { get; }

    /// <summary>Caption tokens, padding included.</summary>
    public int CaptionTokens { get; }

    /// <summary>Every graph, for the compute buffer they share.</summary>
    public IEnumerable<Graph> Graphs => _captionGraphs.Concat(_stepGraphs).Select(g => g.Graph);

    /// <summary>Bytes of the state.</summary>
    public long StateBytes => _state.Bytes;

    /// <summary>What is being computed, for a fault to name: for example <c>step 3 of 8</c>.</summary>
    public string Moment
    {
        set
        {
            foreach (BlockGraph graph in _captionGraphs.Concat(_stepGraphs))
                graph.Moment = value;
        }
    }

    internal IReadOnlyList<BlockGraph> CaptionGraphs => _captionGraphs;

    internal IReadOnlyList<BlockGraph> StepGraphs => _stepGraphs;

    /// <summary>Called with a block's name after it was computed; for tests and profiles.</summary>
    internal Action<string>? AfterBlock { get; set; }

    /// <summary>Caption after its embedder, then after each context refiner: [dim, caption tokens].</summary>
    internal Tensor Caption { get; }

    /// <summary>[time_dim].</summary>
    internal Tensor TimeEmbedding { get; }

    /// <summary>Residual stream, image rows first: [dim, image tokens + caption tokens].</summary>
    internal Tensor X { get; }

    /// <summary>Gives the state its place; the graphs get theirs from a compute buffer afterwards.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public void Allocate() => _state.Allocate("the transformer's state");

    /// <summary>Embeds and refines the caption. The graphs must have their places.</summary>
    /// <param name="features">Hidden state of the text encoder, [caption_dim, tokens].</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <exception cref="NotFiniteException">The refined caption holds NaN or infinity.</exception>
    public void SetCaption(ReadOnlySpan<float> features, CancellationToken cancellation)
    {
        BeginCaption(features);
        Compute(_captionGraphs, cancellation);
        EndCaption(cancellation);
    }

    /// <summary>What the model returns for a latent at a time: the negated velocity.</summary>
    /// <param name="latent">[width, height, channels], width fastest.</param>
    /// <param name="time">1 - sigma: 0 at pure noise, towards 1 at the image.</param>
    /// <param name="output">As long as the latent.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <exception cref="NotFiniteException">The output holds NaN or infinity.</exception>
    /// <exception cref="ConstantPredictionException">The output is the same for every patch.</exception>
    public void Predict(ReadOnlySpan<float> latent, float time, Span<float> output, CancellationToken cancellation)
    {
        BeginStep(latent, time);
        Compute(_stepGraphs, cancellation);
        EndStep(output, cancellation);
    }

    /// <summary>Sets the inputs of <see cref="CaptionGraphs"/>.</summary>
    internal void BeginCaption(ReadOnlySpan<float> features)
    {
        if (features.Length != _captionTokens * _config.CaptionDim)
            throw new ArgumentException($"The caption has {features.Length} values, not {_captionTokens * _config.CaptionDim}.", nameof(features));
        _captionIn.Set(features);
        SetPositions();
    }

    /// <summary>Looks at the result of <see cref="CaptionGraphs"/>.</summary>
    internal void EndCaption(CancellationToken cancellation)
    {
        if (!FiniteNumbers.All(Caption.ToFloats()))
            throw _search.NotFinite(("input", _captionIn.ToFloats()), BlockVisit.Of(_captionGraphs), cancellation);
    }

    /// <summary>Sets the inputs of <see cref="StepGraphs"/>.</summary>
    internal void BeginStep(ReadOnlySpan<float> latent, float time)
    {
        Patches.FromLatent(latent, _width, _height, _config.Channels, _patchValues);
        _patchesIn.Set<float>(_patchValues);
        _time.Set<float>([time * 1000]);
    }

    /// <summary>Reads the result of <see cref="StepGraphs"/>.</summary>
    internal void EndStep(Span<float> output, CancellationToken cancellation)
    {
        _patchesOut.Get<float>(_patchValues);
        if (IsBad(_patchValues, _model.PatchWidth))
        {
            // A product with quantised weights makes zeros of NaN: then the output is constant, and a block before it is not finite.
            BlockResult result = _search.Find(("input", _patchesIn.ToFloats()), BlockVisit.Of(_stepGraphs), IsBad, cancellation);
            throw result.Bad > 0 || !FiniteNumbers.All(_patchValues) ? new NotFiniteException(result) : new ConstantPredictionException(result);
        }
        Patches.ToLatent(_patchValues, _width, _height, _config.Channels, output);
    }

    public void Dispose()
    {
        _captionGraphs.ForEach(g => g.Dispose());
        _stepGraphs.ForEach(g => g.Dispose());
        _state.Dispose();
    }

    // Not finite, or the same for every patch; their rows come first.
    private bool IsBad(ReadOnlySpan<float> values, int rowLength)
        => !FiniteNumbers.All(values) || (values.Length >= _patches * rowLength && FiniteNumbers.AreRowsEqual(values[..(_patches * rowLength)], rowLength));

    private void Compute(List<BlockGraph> graphs, CancellationToken cancellation)
        => _model.Weights.Residency.Compute(BlockVisit.Of(graphs), again: false, graph => AfterBlock?.Invoke(graph.Name), cancellation);

    private void BuildCaptionGraphs()
    {
        _captionGraphs.Add(new BlockGraph(_model.Embedders, "cap_embedder", c =>
        {
            Tensor h = c.Mul(c.RmsNorm(_captionIn, TransformerConfig.RmsEps), _model.CaptionNorm);
            h = c.Add(c.MulMat(_model.Caption, h), _model.CaptionBias);
            return [c.Copy(PadRows(c, h, _model.CaptionPad, CaptionTokens), Caption)];
        }));
        foreach (TransformerLayer layer in _model.ContextRefiners)
            _captionGraphs.Add(new BlockGraph(layer.Block, layer.Name, c => [layer.Build(c, _model.Backend, Caption, default, _captionPositions)]));
    }

    private void BuildStepGraphs()
    {
        Backend backend = _model.Backend;
        _stepGraphs.Add(new BlockGraph(_model.Embedders, "embedders", c =>
        {
            Tensor time = c.TimestepEmbedding(_time, TransformerConfig.TimeFrequencies, 10000);
            time = c.Silu(c.Add(c.MulMat(_model.TimeIn, time), _model.TimeInBias));
            time = c.Add(c.MulMat(_model.TimeOut, time), _model.TimeOutBias);
            Tensor image = c.Add(c.MulMat(_model.PatchIn, _patchesIn), _model.PatchInBias);
            return
            [
                c.Copy(time, TimeEmbedding),
                c.Copy(PadRows(c, image, _model.ImagePad, ImageTokens), c.Rows(X, 0, ImageTokens)),
                c.Copy(Caption, c.Rows(X, ImageTokens, CaptionTokens)),
            ];
        }));
        foreach (TransformerLayer layer in _model.NoiseRefiners)
        {
            _stepGraphs.Add(new BlockGraph(layer.Block, layer.Name,
                c => [layer.Build(c, backend, c.Rows(X, 0, ImageTokens), TimeEmbedding, _imagePositions)]));
        }
        foreach (TransformerLayer layer in _model.JointLayers)
            _stepGraphs.Add(new BlockGraph(layer.Block, layer.Name, c => [layer.Build(c, backend, X, TimeEmbedding, _jointPositions)]));
        _stepGraphs.Add(new BlockGraph(_model.Final, "final_layer", c =>
        {
            Tensor scale = c.Add(c.MulMat(_model.FinalScale, c.Silu(TimeEmbedding)), _model.FinalScaleBias);
            Tensor h = c.Mul(c.LayerNorm(c.Rows(X, 0, _patches), TransformerConfig.FinalNormEps), c.Scale(scale, 1, 1));
            return [c.Copy(c.Add(c.MulMat(_model.PatchOut, h), _model.PatchOutBias), _patchesOut)];
        }));
    }

    // Padding tokens are seen by attention: the model was trained with them.
    private static Tensor PadRows(Context c, Tensor rows, Tensor pad, int count)
    {
        long missing = count - rows.Ne(1);
        return missing == 0 ? rows : c.Concat(rows, c.Repeat(pad, pad.Ne(0), missing), 1);
    }

    // Image tokens: frame behind the caption, then row and column; padding at (0, 0, 0). Caption tokens: frame from 1 on.
    private void SetPositions()
    {
        int columns = _width / TransformerConfig.Patch;
        var frame = new int[ImageTokens + CaptionTokens];
        var row = new int[frame.Length];
        var column = new int[frame.Length];
        for (int i = 0; i < _patches; i++)
            (frame[i], row[i], column[i]) = (1 + CaptionTokens, i / columns, i % columns);
        for (int i = 0; i < CaptionTokens; i++)
            frame[ImageTokens + i] = 1 + i;
        _captionPositions.Set(frame.AsSpan(ImageTokens), row.AsSpan(ImageTokens), column.AsSpan(ImageTokens));
        _imagePositions.Set(frame.AsSpan(0, ImageTokens), row.AsSpan(0, ImageTokens), column.AsSpan(0, ImageTokens));
        _jointPositions.Set(frame, row, column);
    }
}
