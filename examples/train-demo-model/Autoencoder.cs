using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>A small Flux autoencoder under the tensor names of the published file.</summary>
public static class Autoencoder
{
    /// <summary>Channels per level, the first at full size.</summary>
    public static readonly int[] Channels = [64, 64, 64, 64];

    private const int Groups = 32;
    private const double Scaling = 0.3611;
    private const double Shift = 0.1159;

    /// <summary>Random initial weights of the decoder; residual branches start at zero.</summary>
    public static Weights CreateDecoder(Generator generator)
    {
        var w = new Weights();
        const string p = "decoder.";
        var widest = Channels[^1];
        w.AddConvolution(p + "conv_in", Transformer.Channels, widest, 3, 1, generator);
        AddMiddle(w, p, widest, generator);
        var inputs = widest;
        for (var level = Channels.Length - 1; level >= 0; level--)
        {
            AddResidual(w, $"{p}up.{level}.block.0.", inputs, Channels[level], generator);
            inputs = Channels[level];
            if (level > 0)
            {
                w.AddConvolution($"{p}up.{level}.upsample.conv", inputs, inputs, 3, 1, generator);
            }
        }

        AddNorm(w, p + "norm_out", inputs);
        w.AddConvolution(p + "conv_out", inputs, 3, 3, 1, generator);
        return w;
    }

    /// <summary>Random initial weights of the encoder.</summary>
    public static Weights CreateEncoder(Generator generator)
    {
        var w = new Weights();
        const string p = "encoder.";
        w.AddConvolution(p + "conv_in", 3, Channels[0], 3, 1, generator);
        var inputs = Channels[0];
        for (var level = 0; level < Channels.Length; level++)
        {
            AddResidual(w, $"{p}down.{level}.block.0.", inputs, Channels[level], generator);
            inputs = Channels[level];
            if (level < Channels.Length - 1)
            {
                w.AddConvolution($"{p}down.{level}.downsample.conv", inputs, inputs, 3, 1, generator);
            }
        }

        AddMiddle(w, p, inputs, generator);
        AddNorm(w, p + "norm_out", inputs);
        w.AddConvolution(p + "conv_out", inputs, 2 * Transformer.Channels, 3, 0.5, generator);
        return w;
    }

    /// <summary>The pixels (batch, 3, 8 height, 8 width), nominally in -1..1, of a sampler's latents.</summary>
    public static Tensor Decode(Weights w, Tensor latents)
    {
        const string p = "decoder.";
        var x = Convolution(w, latents / Scaling + Shift, p + "conv_in");
        x = Middle(w, p, x);
        for (var level = Channels.Length - 1; level >= 0; level--)
        {
            x = Residual(w, $"{p}up.{level}.block.0.", x);
            if (level > 0)
            {
                // Nearest-neighbour doubling.
                var (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
                x = x.view(batch, channels, height, 1, width, 1).expand(batch, channels, height, 2, width, 2)
                    .reshape(batch, channels, 2 * height, 2 * width);
                x = Convolution(w, x, $"{p}up.{level}.upsample.conv");
            }
        }

        return Convolution(w, NormSilu(w, x, p + "norm_out"), p + "conv_out").to(float32);
    }

    /// <summary>The mean and the clamped log variance (batch, 16, height / 8, width / 8) of pixels in -1..1.</summary>
    public static (Tensor Mean, Tensor LogVariance) Encode(Weights w, Tensor pixels)
    {
        const string p = "encoder.";
        var x = Convolution(w, pixels, p + "conv_in");
        for (var level = 0; level < Channels.Length; level++)
        {
            x = Residual(w, $"{p}down.{level}.block.0.", x);
            if (level < Channels.Length - 1)
            {
                // One column of zeros on the right and one row below, then every second position.
                x = Convolution(w, nn.functional.pad(x, [0, 1, 0, 1]), $"{p}down.{level}.downsample.conv", stride: 2, padding: 0);
            }
        }

        x = Middle(w, p, x);
        var moments = Convolution(w, NormSilu(w, x, p + "norm_out"), p + "conv_out").to(float32).chunk(2, 1);
        return (moments[0], moments[1].clamp(-30, 20));
    }

    /// <summary>The encoder mean that stands for a sampler's latent.</summary>
    public static Tensor ToMean(Tensor latents) => latents / Scaling + Shift;

    private static void AddMiddle(Weights w, string p, int channels, Generator generator)
    {
        AddResidual(w, p + "mid.block_1.", channels, channels, generator);
        AddNorm(w, p + "mid.attn_1.norm", channels);
        foreach (var name in new[] { "q", "k", "v" })
        {
            w.AddConvolution($"{p}mid.attn_1.{name}", channels, channels, 1, 1, generator);
        }

        w.AddConvolution(p + "mid.attn_1.proj_out", channels, channels, 1, 0, generator);
        AddResidual(w, p + "mid.block_2.", channels, channels, generator);
    }

    private static void AddResidual(Weights w, string p, int inputs, int outputs, Generator generator)
    {
        AddNorm(w, p + "norm1", inputs);
        w.AddConvolution(p + "conv1", inputs, outputs, 3, 1.4, generator);
        AddNorm(w, p + "norm2", outputs);
        w.AddConvolution(p + "conv2", outputs, outputs, 3, 0.1, generator);
        if (inputs != outputs)
        {
            w.AddConvolution(p + "nin_shortcut", inputs, outputs, 1, 1, generator);
        }
    }

    private static void AddNorm(Weights w, string name, int channels)
    {
        w.Add(name + ".weight", ones(channels));
        w.Add(name + ".bias", zeros(channels));
    }

    private static Tensor Middle(Weights w, string p, Tensor x)
    {
        x = Residual(w, p + "mid.block_1.", x);
        var (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var h = Norm(w, x, p + "mid.attn_1.norm");
        var q = Rows("q");
        var k = Rows("k");
        var v = Rows("v");
        var mixed = (q.matmul(k.transpose(1, 2)) * (1 / Math.Sqrt(channels))).softmax(-1).matmul(v);
        x = x + Convolution(w, mixed.transpose(1, 2).reshape(batch, channels, height, width), p + "mid.attn_1.proj_out", padding: 0);
        return Residual(w, p + "mid.block_2.", x);

        Tensor Rows(string name) =>
            Convolution(w, h, $"{p}mid.attn_1.{name}", padding: 0).view(batch, channels, height * width).transpose(1, 2);
    }

    private static Tensor Residual(Weights w, string p, Tensor x)
    {
        var h = Convolution(w, NormSilu(w, x, p + "norm1"), p + "conv1");
        h = Convolution(w, NormSilu(w, h, p + "norm2"), p + "conv2");
        return (w.Contains(p + "nin_shortcut.weight") ? Convolution(w, x, p + "nin_shortcut", padding: 0) : x) + h;
    }

    private static Tensor Norm(Weights w, Tensor x, string name) =>
        nn.functional.group_norm(x, Groups, w[name + ".weight"], w[name + ".bias"], 1e-6);

    private static Tensor NormSilu(Weights w, Tensor x, string name) => nn.functional.silu(Norm(w, x, name));

    private static Tensor Convolution(Weights w, Tensor x, string name, long stride = 1, long padding = 1)
    {
        var (weight, bias) = (w[name + ".weight"], w[name + ".bias"]);
        return w.Mixed
            ? nn.functional.conv2d(x.to(bfloat16), weight.to(bfloat16), bias.to(bfloat16), [stride, stride], [padding, padding])
            : nn.functional.conv2d(x, weight, bias, [stride, stride], [padding, padding]);
    }
}
