using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>Group normalisation with weight and bias a channel, by statistics that are known already.</summary>
internal sealed class GroupNormalization(ModelWeights weights, Block block, string name, long channels)
{
    private readonly Tensor _weight = channels % GroupStatistics.Groups == 0 ? weights.Require(block, name + ".weight", WeightUse.Vector, channels)
        : throw new TensorShapeMismatchException(weights.File.Path, name + ".weight", [(channels / GroupStatistics.Groups + 1) * GroupStatistics.Groups], [channels]);

    private readonly Tensor _bias = weights.Require(block, name + ".bias", WeightUse.Vector, channels);

    /// <param name="c">Context of the graph.</param>
    /// <param name="layout">How the image lies.</param>
    /// <param name="x">Rows of an image.</param>
    /// <param name="mean">Of the group of each channel, [C].</param>
    /// <param name="scale">1 / deviation of the group of each channel, [C].</param>
    public Tensor Build(Context c, ImageLayout layout, Tensor x, Tensor mean, Tensor scale)
    {
        Tensor factor = c.Mul(scale, _weight);
        Tensor offset = c.Add(c.Scale(c.Mul(mean, factor), -1), _bias);
        return c.Add(c.Mul(x, layout.Broadcast(c, factor)), layout.Broadcast(c, offset));
    }
}

/// <summary>The layers that encoder and decoder are made of, in the order of computation. Each method declares the weights it needs.</summary>
internal sealed class AutoencoderParts(ModelWeights weights, Block block, ImageLayout layout)
{
    /// <summary>A 3x3 convolution of an image from outside.</summary>
    public ImageLayer Input(string name, long inputs, long outputs) => new ConvolutionLayer(null, Convolution(name, inputs, outputs), isWide: false);

    /// <summary>conv(silu(norm(x))).</summary>
    public ImageLayer Output(string norm, string convolution, long inputs, long outputs)
        => new ConvolutionLayer(Norm(norm, inputs), Convolution(convolution, inputs, outputs));

    /// <summary>x + conv2(silu(norm2(conv1(silu(norm1(x)))))); the way around has a 1x1 convolution where the width changes.</summary>
    public IEnumerable<ImageLayer> Residual(string name, ref long channels)
    {
        long inputs = channels, outputs = channels = weights.File.Require(name + ".conv1.weight", 3, 3, inputs, -1).Ne(3);
        ImageLayer first = new ConvolutionLayer(Norm(name + ".norm1", inputs), Convolution(name + ".conv1", inputs, outputs));
        GroupNormalization norm = Norm(name + ".norm2", outputs);
        Convolution convolution = Convolution(name + ".conv2", outputs, outputs);
        return [first, new ResidualLayer(norm, convolution, inputs == outputs ? null : Projection(name + ".nin_shortcut", inputs, outputs))];
    }

    /// <summary>The residual blocks of a level.</summary>
    /// <exception cref="TensorMissingException">There is none.</exception>
    public IEnumerable<ImageLayer> Residuals(string level, ref long channels)
    {
        int count = weights.File.Blocks(level + ".block.");
        if (count == 0)
            throw new TensorMissingException(weights.File.Path, [level + ".block.0.*"]);
        var layers = new List<ImageLayer>();
        for (int i = 0; i < count; i++)
            layers.AddRange(Residual($"{level}.block.{i}", ref channels));
        return layers;
    }

    /// <summary>Residual block, attention, residual block: the narrowest place of encoder and decoder.</summary>
    public IEnumerable<ImageLayer> Middle(string name, long channels)
        => [.. Residual(name + ".block_1", ref channels), Attention(name + ".attn_1", channels), .. Residual(name + ".block_2", ref channels)];

    /// <summary>Each pixel becomes 2x2, and then a 3x3 convolution.</summary>
    public ImageLayer Upsampling(string name, long channels)
        => new ConvolutionLayer(null, layout.Convolution(weights, block, name, KernelReach.Around(3, enlargement: 2), channels, channels));

    /// <summary>One column at the right and one row at the bottom, then a 3x3 convolution with stride 2 without padding.</summary>
    public ImageLayer Downsampling(string name, long channels)
        => new ConvolutionLayer(null, layout.Convolution(weights, block, name, new KernelReach(3, Stride: 2, Before: 0, After: 1), channels, channels));

    private ImageLayer Attention(string name, long channels)
    {
        GroupNormalization norm = Norm(name + ".norm", channels);
        return new PixelAttentionLayer(norm, Projection(name + ".q", channels, channels), Projection(name + ".k", channels, channels),
            Projection(name + ".v", channels, channels), Projection(name + ".proj_out", channels, channels));
    }

    private GroupNormalization Norm(string name, long channels) => new(weights, block, name, channels);

    private Convolution Convolution(string name, long inputs, long outputs) => layout.Convolution(weights, block, name, KernelReach.Around(3), inputs, outputs);

    private Convolution Projection(string name, long inputs, long outputs) => layout.Convolution(weights, block, name, KernelReach.Around(1), inputs, outputs);
}
