using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The projections to queries, keys and values: one matrix with the rows of all three, or three matrices, as the file has them. Either way each
/// row's product is the same. Where weights are copied, three of one type become one, and the rows of queries and keys may get places of their own.
/// </summary>
internal sealed class QueryKeyValue
{
    private readonly TransformerConfig _config;
    private readonly Tensor _stacked, _q, _k, _v;

    public QueryKeyValue(ModelWeights weights, Block block, string attention, TransformerConfig config, Func<long, long>? headPlace)
    {
        _config = config;
        long q = config.Heads * config.HeadDim, kv = config.KvHeads * config.HeadDim;
        Func<long, long>? Place(long turned) => headPlace is null ? null : row => row < turned ? headPlace(row) : row;
        Tensor Matrix(string part, long rows, long turned) => weights.Require(block, $"{attention}{part}.weight", WeightUse.Matrix, Place(turned), config.Dim, rows);
        if (!weights.File.Has(attention + "q.weight"))
        {
            _stacked = Matrix("qkv", q + 2 * kv, q + kv);
            return;
        }
        if (weights.CanReorder)
            _stacked = weights.Stack(block, config.Dim, Place(q + kv), ($"{attention}q.weight", q), ($"{attention}k.weight", kv), ($"{attention}v.weight", kv));
        if (_stacked.IsNone)
            (_q, _k, _v) = (Matrix("q", q, q), Matrix("k", kv, kv), Matrix("v", kv, 0));
    }

    /// <summary>Whether no weight is stored with less than F32.</summary>
    public bool IsF32 => _stacked.IsNone ? _q.Type == GgmlType.F32 && _k.Type == GgmlType.F32 && _v.Type == GgmlType.F32 : _stacked.Type == GgmlType.F32;

    /// <summary>[dim, tokens] -> [head_dim, heads, tokens] and twice [head_dim, kv_heads, tokens].</summary>
    public (Tensor Q, Tensor K, Tensor V) Build(Context c, Tensor h)
    {
        long d = _config.HeadDim, heads = _config.Heads, kvHeads = _config.KvHeads, tokens = h.Ne(1);
        if (_stacked.IsNone)
        {
            Tensor Own(Tensor matrix, long count) => c.Reshape(c.MulMat(matrix, h), d, count, tokens);
            return (Own(_q, heads), Own(_k, kvHeads), Own(_v, kvHeads));
        }
        Tensor qkv = c.MulMat(_stacked, h);
        Tensor Part(long first, long count) => c.View(qkv, d, count, tokens, 1, d * sizeof(float), qkv.Nb(1), qkv.Nb(1) * tokens, first * d * sizeof(float));
        return (Part(0, heads), Part(heads, kvHeads), Part(heads + kvHeads, kvHeads));
    }
}
