using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// Where the tokens of a sequence stand: frame, row and column of each, along which the heads of queries and keys are turned on consecutive parts of
/// the head: in one operation where the rows of queries and keys were put in its order, else in one for each axis.
/// </summary>
internal sealed class TokenPositions
{
    private readonly TransformerConfig _config;
    private readonly int _tokens;
    private readonly Tensor _positions, _factors;

    /// <param name="state">State that the positions become a part of.</param>
    /// <param name="name">Of the sequence.</param>
    /// <param name="model">The transformer.</param>
    /// <param name="tokens">Tokens of the sequence.</param>
    public TokenPositions(StateBuffer state, string name, Transformer model, int tokens)
    {
        (_config, _tokens) = (model.Config, tokens);
        // ggml knows a fourth axis, along which nothing is turned.
        _positions = state.Add(name + "_positions", GgmlType.I32, 4 * tokens);
        if (model.HeadPlace is not null)
            _factors = state.Add(name + "_factors", GgmlType.F32, _config.HeadDim / 2);
    }

    /// <summary>
    /// For an element of queries and keys its place on the device: ggml's embedding along several axes wants the first elements of all pairs that are
    /// turned together, then the second; in the file the two lie beside each other. Null where they stay so.
    /// </summary>
    public static Func<long, long>? HeadPlace(ModelWeights weights, TransformerConfig config)
    {
        long headDim = config.HeadDim;
        if (!weights.CanReorder)
            return null;
        using var probe = new Context(8);
        Tensor heads = probe.NewTensor(GgmlType.F32, headDim, config.Heads, TransformerConfig.TokenMultiple);
        Tensor rotated = AtOnce(probe, heads, probe.NewTensor(GgmlType.I32, 4 * TransformerConfig.TokenMultiple), probe.NewTensor(GgmlType.F32, headDim / 2), config);
        return weights.Backend.Supports(rotated) ? row => row / headDim * headDim + row % headDim / 2 + row % 2 * (headDim / 2) : null;
    }

    /// <summary>Sets frame, row and column of each token.</summary>
    public void Set(ReadOnlySpan<int> frames, ReadOnlySpan<int> rows, ReadOnlySpan<int> columns)
    {
        _positions.Set<int>([.. frames, .. rows, .. columns, .. new int[_tokens]]);
        if (!_factors.IsNone)
            _factors.Set<float>(Factors());
    }

    /// <summary>Rotary embedding of [head_dim, heads, tokens].</summary>
    public Tensor Rotate(Context c, Tensor x)
    {
        if (!_factors.IsNone)
            return AtOnce(c, x, _positions, _factors, _config);
        (int frame, int row, int column) = _config.RopeAxes;
        Tensor Axis(int index) => c.View(_positions, _tokens, 1, 1, 1, _positions.Nb(1), _positions.Nb(1), _positions.Nb(1), (long)index * _tokens * sizeof(int));
        x = c.Rope(x, Axis(0), frame, RopePairs.Interleaved, TransformerConfig.RopeTheta);
        x = c.Rope(x, Axis(1), row, RopePairs.Interleaved, TransformerConfig.RopeTheta, frame);
        return c.Rope(x, Axis(2), column, RopePairs.Interleaved, TransformerConfig.RopeTheta, frame + row);
    }

    private static Tensor AtOnce(Context c, Tensor x, Tensor positions, Tensor factors, TransformerConfig config)
    {
        (int frame, int row, int column) = config.RopeAxes;
        return c.Rope(x, positions, factors, (frame / 2, row / 2, column / 2), TransformerConfig.RopeTheta);
    }

    // The frequencies of each axis begin at 1 again: what ggml's, which go on over the whole head, are divided by.
    private float[] Factors()
    {
        (int frame, int row, int column) = _config.RopeAxes;
        var factors = new List<float>();
        foreach (int dimensions in (ReadOnlySpan<int>)[frame, row, column])
        {
            for (int pair = 0; pair < dimensions / 2; pair++)
                factors.Add((float)Math.Pow(TransformerConfig.RopeTheta, 2.0 * pair / dimensions - 2.0 * factors.Count / _config.HeadDim));
        }
        return [.. factors];
    }
}
