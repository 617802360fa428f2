using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>Sizes of a Qwen3 model, from its tensors; the few numbers that tensors do not show come from the metadata.</summary>
/// <param name="Blocks">Blocks in the file; the last is never used.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="FeedForward">Width of the feed-forward part.</param>
/// <param name="RopeTheta">Base of the rotary embedding; by the file, or the one Z-Image was trained with.</param>
/// <param name="RmsEps">Epsilon of every RMS norm.</param>
public sealed record Qwen3Config(int Blocks, long Hidden, long Heads, long KvHeads, long HeadDim, long FeedForward, float RopeTheta, float RmsEps)
{
    /// <summary>The base of the text encoder that Z-Image was trained with. Some later Qwen3-4B have another.</summary>
    public const float TrainedRopeTheta = 1e6f;

    private const float DefaultRmsEps = 1e-6f;

    public static Qwen3Config From(ComponentFile file)
    {
        int blocks = file.Blocks("blk.");
        if (blocks < 2)
            throw new TensorMissingException(file.Path, ["blk.1.*"]);
        long hidden = file.Require("token_embd.weight", -1, -1).Ne(0);
        long headDim = file.Require("blk.0.attn_q_norm.weight", -1).Ne(0);
        long qWidth = file.Require("blk.0.attn_q.weight", hidden, -1).Ne(1);
        long kvWidth = file.Require("blk.0.attn_k.weight", hidden, -1).Ne(1);
        long feedForward = file.Require("blk.0.ffn_gate.weight", hidden, -1).Ne(1);
        if (headDim % 2 != 0 || qWidth % headDim != 0)
            throw new TensorShapeMismatchException(file.Path, "blk.0.attn_q.weight", [hidden, headDim * Math.Max(1, qWidth / headDim)], [hidden, qWidth]);
        if (kvWidth % headDim != 0 || qWidth / headDim % (kvWidth / headDim) != 0)
            throw new TensorShapeMismatchException(file.Path, "blk.0.attn_k.weight", [hidden, headDim], [hidden, kvWidth]);
        TextEncoderSettings settings = TextEncoderSettings.Of(file);
        return new Qwen3Config(blocks, hidden, qWidth / headDim, kvWidth / headDim, headDim, feedForward,
            settings.RopeTheta ?? TrainedRopeTheta, settings.RmsEps ?? DefaultRmsEps);
    }
}

/// <summary>
/// Qwen3 as Z-Image uses it: the residual stream after the last block but one, without the final norm. The last block and the
/// head are never loaded, and the embedding table stays in the file: it is only looked up.
/// </summary>
public sealed class Qwen3TextEncoder : IDisposable
{
    private readonly ComponentTensor _embeddings;
    // Without attention, views included.
    private const int NodesOfLayer = 64;

    private readonly List<Layer> _layers = [];

    public Qwen3TextEncoder(ComponentFile file, Backend backend)
        : this(new ModelWeights(file, backend))
    {
    }

    /// <summary>Declares every weight; for inspected weights nothing can be computed.</summary>
    internal Qwen3TextEncoder(ModelWeights weights)
    {
        Weights = weights;
        ComponentFile file = weights.File;
        Config = Qwen3Config.From(file);
        _embeddings = file.Require("token_embd.weight", Config.Hidden, -1);
        weights.CheckScale(_embeddings);
        if (Config.Hidden % _embeddings.Type.BlockSize != 0)
            throw new TensorTypeUnsupportedException(file.Path, _embeddings.Name, _embeddings.Type, "and its rows are not whole blocks");
        for (int i = 0; i < Config.Blocks - 1; i++)
            _layers.Add(new Layer(Weights, $"blk.{i}", Config));
    }

    public Qwen3Config Config { get; }

    public ModelWeights Weights { get; }

    /// <summary>Tokens the embedding table knows.</summary>
    public long Vocabulary => _embeddings.Ne(1);

    /// <summary>The blocks that encoding goes through, in order.</summary>
    internal IReadOnlyList<Block> Blocks => Weights.Blocks;

    /// <summary>Encodes a prompt. Weights must be placed.</summary>
    /// <param name="tokens">Token ids, chat template included.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="afterBlock">Called with the number of blocks done and the residual stream [hidden, tokens]; for tests.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <returns>Hidden state, [hidden, tokens], a token's values together.</returns>
    /// <exception cref="NotFiniteException">The hidden state holds NaN or infinity.</exception>
    public float[] Encode(int[] tokens, DeviceMemory memory, Action<int, Tensor>? afterBlock, CancellationToken cancellation)
    {
        using var run = new TextEncoderRun(this, memory, [tokens.Length]);
        return run.Encode([tokens], afterBlock, cancellation)[0];
    }

    /// <summary>Encodes several prompts; each block is visited once for all of them.</summary>
    public float[][] Encode(IReadOnlyList<int[]> prompts, DeviceMemory memory, CancellationToken cancellation)
    {
        using var run = new TextEncoderRun(this, memory, [.. prompts.Select(tokens => tokens.Length)]);
        return run.Encode(prompts, null, cancellation);
    }

    /// <summary>What encoding prompts of some numbers of tokens takes.</summary>
    public Footprint Measure(IReadOnlyList<int> tokens, DeviceMemory memory)
    {
        using var run = new TextEncoderRun(this, memory, tokens);
        return run.Footprint;
    }

    internal IReadOnlyList<BlockGraph> BuildGraphs(Tensor x, Tensor positions, Tensor mask)
    {
        // Many prompts have their graphs at the same time, so each is no larger than it must be.
        int nodes = NodesOfLayer + Attention.Nodes(x.Ne(1), x.Ne(1), Config.Heads);
        return [.. _layers.Select(layer => new BlockGraph(layer.Block, layer.Name, c => [layer.Build(c, Weights.Backend, Config, x, positions, mask)], nodes) { Moment = "the text" })];
    }

    /// <summary>Rows of the embedding table, [hidden, tokens].</summary>
    public float[] Embed(ReadOnlySpan<int> tokens)
    {
        int hidden = (int)Config.Hidden;
        var rows = new float[hidden * tokens.Length];
        float[] scale = _embeddings.ReadScale();
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] < 0 || tokens[i] >= Vocabulary)
                throw new TensorShapeMismatchException(Weights.File.Path, _embeddings.Name, [hidden, tokens[i] + 1L], _embeddings.Shape);
            Span<float> row = rows.AsSpan(i * hidden, hidden);
            _embeddings.Decode(tokens[i] * (long)hidden, row, scale);
        }
        return rows;
    }

    public void Dispose() => Weights.Dispose();

    // One block: attention with rotary embedding and normed heads, then SwiGLU. Names are llama.cpp's.
    private sealed class Layer
    {
        private readonly Tensor _attnNorm, _q, _k, _v, _qNorm, _kNorm, _output, _ffnNorm, _gate, _up, _down;

        public Layer(ModelWeights weights, string name, Qwen3Config config)
        {
            Name = name;
            Block block = Block = weights.AddBlock(name);
            Tensor Matrix(string part, long rows, long columns) => weights.Require(block, $"{name}.{part}.weight", WeightUse.Matrix, rows, columns);
            Tensor Vector(string part, long size) => weights.Require(block, $"{name}.{part}.weight", WeightUse.Vector, size);

            long qWidth = config.Heads * config.HeadDim, kvWidth = config.KvHeads * config.HeadDim;
            _attnNorm = Vector("attn_norm", config.Hidden);
            _q = Matrix("attn_q", config.Hidden, qWidth);
            _k = Matrix("attn_k", config.Hidden, kvWidth);
            _v = Matrix("attn_v", config.Hidden, kvWidth);
            _qNorm = Vector("attn_q_norm", config.HeadDim);
            _kNorm = Vector("attn_k_norm", config.HeadDim);
            _output = Matrix("attn_output", qWidth, config.Hidden);
            _ffnNorm = Vector("ffn_norm", config.Hidden);
            _gate = Matrix("ffn_gate", config.Hidden, config.FeedForward);
            _up = Matrix("ffn_up", config.Hidden, config.FeedForward);
            _down = Matrix("ffn_down", config.FeedForward, config.Hidden);
        }

        public string Name { get; }

        public Block Block { get; }

        public Tensor Build(Context c, Backend backend, Qwen3Config config, Tensor x, Tensor positions, Tensor mask)
        {
            long tokens = x.Ne(1);
            Tensor Norm(Tensor a, Tensor weight) => c.Mul(c.RmsNorm(a, config.RmsEps), weight);
            Tensor Heads(Tensor a, long heads) => c.Reshape(a, config.HeadDim, heads, tokens);
            Tensor Rotate(Tensor a) => c.Rope(a, positions, (int)config.HeadDim, RopePairs.HalfSplit, config.RopeTheta);

            Tensor h = Norm(x, _attnNorm);
            Tensor q = Rotate(Norm(Heads(c.MulMat(_q, h), config.Heads), _qNorm));
            Tensor k = Rotate(Norm(Heads(c.MulMat(_k, h), config.KvHeads), _kNorm));
            Tensor v = Heads(c.MulMat(_v, h), config.KvHeads);
            Tensor attention = Attention.Build(c, backend, q, k, v, mask, 1 / MathF.Sqrt(config.HeadDim), keepF32: true);
            x = c.AddTo(x, c.MulMat(_output, attention));

            h = Norm(x, _ffnNorm);
            // No norm follows, and single tokens reach values here that F16 cannot hold.
            return c.AddTo(x, HalfRange.MulMat(c, backend, _down, c.Swiglu(c.MulMat(_gate, h), c.MulMat(_up, h))));
        }
    }
}
