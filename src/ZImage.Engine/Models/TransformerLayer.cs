using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// One block of the transformer: x += gate * norm2(f(norm1(x) * scale)) for attention and for the feed-forward part. The modulation
/// (scales and gates) is a linear function of the time embedding; context refiners have none.
/// Where activations must fit the range of F16, attention and the hidden values of the feed-forward part are computed smaller by a factor. The
/// norms behind them (of q, of k, behind attention.out, behind w2) undo it exactly, their epsilon being scaled by its square.
/// </summary>
internal sealed class TransformerLayer
{
    private readonly TransformerConfig _config;
    private readonly QueryKeyValue _qkv;
    private readonly Tensor _out, _qNorm, _kNorm, _norm1, _norm2, _ffnNorm1, _ffnNorm2, _w2, _ada, _adaBias;
    private readonly Tensor _w1, _w3, _w1And3;

    public TransformerLayer(ModelWeights weights, string name, TransformerConfig config, bool modulated, Func<long, long>? headPlace)
    {
        _config = config;
        Name = name;
        Block block = Block = weights.AddBlock(name);
        Tensor Matrix(string part, long rows, long columns) => weights.Require(block, $"{name}.{part}.weight", WeightUse.Matrix, rows, columns);
        Tensor Vector(string part, long size) => weights.Require(block, $"{name}.{part}.weight", WeightUse.Vector, size);

        long width = config.Heads * config.HeadDim;
        _qkv = new QueryKeyValue(weights, block, name + ".attention.", config, headPlace);
        _out = Matrix("attention.out", width, config.Dim);
        Tensor HeadNorm(string part) => weights.Require(block, $"{name}.{part}.weight", WeightUse.Vector, headPlace, config.HeadDim);
        _qNorm = HeadNorm("attention.q_norm");
        _kNorm = HeadNorm("attention.k_norm");
        _norm1 = Vector("attention_norm1", config.Dim);
        _norm2 = Vector("attention_norm2", config.Dim);
        _ffnNorm1 = Vector("ffn_norm1", config.Dim);
        _ffnNorm2 = Vector("ffn_norm2", config.Dim);
        _w2 = Matrix("feed_forward.w2", config.FeedForward, config.Dim);
        if (weights.CanReorder)
            _w1And3 = weights.Stack(block, config.Dim, null, ($"{name}.feed_forward.w1.weight", config.FeedForward), ($"{name}.feed_forward.w3.weight", config.FeedForward));
        if (_w1And3.IsNone)
            (_w1, _w3) = (Matrix("feed_forward.w1", config.Dim, config.FeedForward), Matrix("feed_forward.w3", config.Dim, config.FeedForward));
        if (modulated)
        {
            _ada = Matrix("adaLN_modulation.0", config.TimeDim, 4 * config.Dim);
            _adaBias = weights.Require(block, $"{name}.adaLN_modulation.0.bias", WeightUse.Vector, 4 * config.Dim);
        }
    }

    public string Name { get; }

    public Block Block { get; }

    /// <param name="c">Context of the graph.</param>
    /// <param name="backend">The device that will compute it.</param>
    /// <param name="x">Residual stream, [dim, tokens].</param>
    /// <param name="time">Time embedding, [time_dim]; not used without modulation.</param>
    /// <param name="positions">Where every token stands.</param>
    /// <returns>The residual stream after the block, in its place.</returns>
    public Tensor Build(Context c, Backend backend, Tensor x, Tensor time, TokenPositions positions)
    {
        // Factors cost nothing here: they go into the modulation, or into the norm's weight where there is none.
        float attentionFactor = HalfRange.FactorFor(backend, _out.Type), feedForwardFactor = HalfRange.FactorFor(backend, _w2.Type);
        Tensor before = HalfRange.Scale(c, _norm1, attentionFactor), behind = _norm2, ffnBefore = _ffnNorm1, ffnBehind = _ffnNorm2;
        if (!_ada.IsNone)
        {
            // Modulation and the weights of the norms are multiplied as vectors, so that each norm is one pass over the tokens.
            Tensor modulation = c.Add(c.MulMat(_ada, time), _adaBias);
            Tensor Part(int index) => c.View(modulation, _config.Dim, 1, 1, 1, modulation.Nb(1), modulation.Nb(1), modulation.Nb(1), index * _config.Dim * sizeof(float));
            before = c.Mul(_norm1, c.Scale(Part(0), attentionFactor, attentionFactor));
            behind = c.Mul(_norm2, c.Tanh(Part(1)));
            ffnBefore = c.Mul(_ffnNorm1, c.Scale(Part(2), 1, 1));
            ffnBehind = c.Mul(_ffnNorm2, c.Tanh(Part(3)));
        }

        Tensor attention = AttentionOutput(c, backend, Norm(c, x, before), positions, attentionFactor);
        x = c.AddTo(x, Norm(c, attention, behind, attentionFactor));

        Tensor hidden = Hidden(c, Norm(c, x, ffnBefore), feedForwardFactor);
        return c.AddTo(x, Norm(c, c.MulMat(_w2, hidden), ffnBehind, feedForwardFactor));
    }

    // silu(w1 h) * w3 h, times the factor.
    private Tensor Hidden(Context c, Tensor h, float factor)
        => _w1And3.IsNone ? c.Swiglu(c.MulMat(_w1, h), HalfRange.Scale(c, c.MulMat(_w3, h), factor)) : HalfRange.Scale(c, c.Swiglu(c.MulMat(_w1And3, h)), factor);

    // h and the result carry the factor.
    private Tensor AttentionOutput(Context c, Backend backend, Tensor h, TokenPositions positions, float factor)
    {
        (Tensor q, Tensor k, Tensor v) = _qkv.Build(c, h);
        q = positions.Rotate(c, Norm(c, q, _qNorm, factor));
        k = positions.Rotate(c, Norm(c, k, _kNorm, factor));
        Tensor mixed = Attention.Build(c, backend, q, k, v, default, 1 / MathF.Sqrt(_config.HeadDim), keepF32: _qkv.IsF32);
        return c.MulMat(_out, mixed);
    }

    // The norm of x / factor.
    private static Tensor Norm(Context c, Tensor x, Tensor weight, float factor = 1)
        => c.Mul(c.RmsNorm(x, TransformerConfig.RmsEps * factor * factor), weight);
}
