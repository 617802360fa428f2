using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>Group normalisation over [W, H, C] with weight and bias a channel.</summary>
internal sealed class GroupNormalization(ModelWeights weights, Block block, string name, long channels)
{
    private const int Groups = 32;
    private const float Eps = 1e-6f;

    private readonly Tensor _weight = weights.Require(block, name + ".weight", WeightUse.Vector, channels);
    private readonly Tensor _bias = weights.Require(block, name + ".bias", WeightUse.Vector, channels);

    public Tensor Build(Context c, Tensor x)
    {
        Tensor normed = c.GroupNorm(x, Groups, Eps);
        return c.Add(c.Mul(normed, c.Reshape(_weight, 1, 1, channels)), c.Reshape(_bias, 1, 1, channels));
    }
}

/// <summary>x + conv2(silu(norm2(conv1(silu(norm1(x)))))); the way around has a 1x1 convolution where the width changes.</summary>
internal sealed class ResidualBlock
{
    private readonly GroupNormalization _norm1, _norm2;
    private readonly Convolution _conv1, _conv2;
    private readonly Convolution? _shortcut;

    public ResidualBlock(ModelWeights weights, Block block, string name, long inputs)
    {
        long outputs = weights.File.Require(name + ".conv1.weight", 3, 3, inputs, -1).Ne(3);
        _norm1 = new GroupNormalization(weights, block, name + ".norm1", inputs);
        _conv1 = new Convolution(weights, block, name + ".conv1", 3, inputs, outputs);
        _norm2 = new GroupNormalization(weights, block, name + ".norm2", outputs);
        _conv2 = new Convolution(weights, block, name + ".conv2", 3, outputs, outputs);
        if (inputs != outputs)
            _shortcut = new Convolution(weights, block, name + ".nin_shortcut", 1, inputs, outputs);
        Outputs = outputs;
    }

    public long Outputs { get; }

    public Tensor Build(Context c, Backend backend, Tensor x)
    {
        Tensor h = _conv1.Build(c, c.Silu(_norm1.Build(c, x)));
        h = _conv2.Build(c, c.Silu(_norm2.Build(c, h)));
        if (_shortcut is null)
            return c.Add(x, h);
        float factor = _shortcut.FactorFor(backend);
        return c.Add(_shortcut.Build(c, HalfRange.Scale(c, x, factor), factor: factor), h);
    }
}

/// <summary>Attention of one head over all pixels.</summary>
internal sealed class PixelAttention(ModelWeights weights, Block block, string name, long channels)
{
    private readonly GroupNormalization _norm = new(weights, block, name + ".norm", channels);
    private readonly Convolution _q = new(weights, block, name + ".q", 1, channels, channels);
    private readonly Convolution _k = new(weights, block, name + ".k", 1, channels, channels);
    private readonly Convolution _v = new(weights, block, name + ".v", 1, channels, channels);
    private readonly Convolution _out = new(weights, block, name + ".proj_out", 1, channels, channels);

    public Tensor Build(Context c, Backend backend, Tensor x)
    {
        long width = x.Ne(0), height = x.Ne(1), pixels = width * height;
        Tensor h = _norm.Build(c, x);
        Tensor Heads(Convolution projection)
            => c.Reshape(c.Cont(c.Permute(c.Reshape(projection.Build(c, h), pixels, channels), 1, 0, 2, 3)), channels, 1, pixels);

        // Scores of images with large values do not fit F16, and sums over all pixels lose too much in it.
        float factor = _out.FactorFor(backend);
        Tensor v = HalfRange.Scale(c, Heads(_v), factor);
        Tensor mixed = Attention.Build(c, backend, Heads(_q), Heads(_k), v, default, 1 / MathF.Sqrt(channels), keepF32: true);
        Tensor image = c.Reshape(c.Cont(c.Permute(mixed, 1, 0, 2, 3)), width, height, channels);
        return c.Add(x, _out.Build(c, image, factor: factor));
    }
}

/// <summary>Residual block, attention, residual block: the narrowest place of encoder and decoder.</summary>
internal sealed class MiddlePart
{
    private readonly ResidualBlock _first, _second;
    private readonly PixelAttention _attention;

    public MiddlePart(ModelWeights weights, Block block, string name, long channels)
    {
        _first = new ResidualBlock(weights, block, name + ".block_1", channels);
        _attention = new PixelAttention(weights, block, name + ".attn_1", channels);
        _second = new ResidualBlock(weights, block, name + ".block_2", channels);
    }

    public Tensor Build(Context c, Backend backend, Tensor x)
        => _second.Build(c, backend, _attention.Build(c, backend, _first.Build(c, backend, x)));
}
