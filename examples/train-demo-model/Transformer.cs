using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>A small Z-Image transformer under the tensor names of the published single files.</summary>
public static class Transformer
{
    /// <summary>Width of the token stream.</summary>
    public const int Width = 192;

    /// <summary>Width of a head.</summary>
    public const int HeadWidth = 64;

    /// <summary>Attention heads.</summary>
    public const int Heads = Width / HeadWidth;

    /// <summary>Joint layers.</summary>
    public const int Layers = 4;

    /// <summary>Width of the feed-forward layer.</summary>
    public const int FeedForward = 512;

    /// <summary>Channels of a latent.</summary>
    public const int Channels = 16;

    /// <summary>Both sequences are padded to a multiple of this.</summary>
    public const int SequenceMultiple = 32;

    private const int TimeHidden = 256;
    private const int TimeFrequencies = 256;
    private const int ModulationWidth = Width < 256 ? Width : 256;
    private const double Eps = 1e-5;
    private const double Theta = 256;
    private static readonly int[] _axes = [HeadWidth / 4, HeadWidth * 3 / 8, HeadWidth * 3 / 8];

    // Turns each pair (a, b) into (-b, a).
    private static readonly Lazy<Tensor> _turn = new(() =>
    {
        var turn = new float[HeadWidth * HeadWidth];
        for (var j = 0; j < HeadWidth; j += 2)
        {
            turn[(j + 1) * HeadWidth + j] = -1;
            turn[j * HeadWidth + j + 1] = 1;
        }

        return tensor(turn, [HeadWidth, HeadWidth]).DetachFromDisposeScope();
    });

    /// <summary>Random initial weights; blocks start as the identity in effect, since their gates start small.</summary>
    public static Weights Create(Generator generator)
    {
        var w = new Weights();
        w.AddLinear("x_embedder", 4 * Channels, Width, true, 1, generator);
        w.AddLinear("t_embedder.mlp.0", TimeFrequencies, TimeHidden, true, 1.4, generator);
        w.AddLinear("t_embedder.mlp.2", TimeHidden, ModulationWidth, true, 1.4, generator);
        w.Add("cap_embedder.0.weight", ones(TextEncoder.Width));
        w.AddLinear("cap_embedder.1", TextEncoder.Width, Width, true, 1, generator);
        w.Add("x_pad_token", randn([1, Width], generator: generator) * 0.02);
        w.Add("cap_pad_token", randn([1, Width], generator: generator) * 0.02);
        AddBlock(w, "noise_refiner.0.", true, generator);
        AddBlock(w, "context_refiner.0.", false, generator);
        for (var i = 0; i < Layers; i++)
        {
            AddBlock(w, $"layers.{i}.", true, generator);
        }

        w.AddLinear("final_layer.linear", Width, 4 * Channels, true, 0.1, generator);
        w.AddLinear("final_layer.adaLN_modulation.1", ModulationWidth, Width, true, 0.1, generator);
        return w;
    }

    /// <summary>
    /// The prediction for latents (batch, 16, height, width) at times t = 1 - sigma, given the text encoder's states
    /// (batch, length, width) of which the first lengths[i] rows count. This is clean minus noise; a sampler uses its negative.
    /// </summary>
    public static Tensor Forward(Weights w, Tensor latent, Tensor t, Tensor hidden, long[] lengths)
    {
        var (batch, height, width) = (latent.shape[0], latent.shape[2] / 2, latent.shape[3] / 2);
        var imageTokens = height * width;
        var textTokens = Padded(lengths.Max());

        var time = w.Linear(nn.functional.silu(w.Linear(TimeEmbedding(t), "t_embedder.mlp.0")), "t_embedder.mlp.2").to(float32);

        // Patch features run (row, column, channel), channel fastest.
        var x = latent.view(batch, Channels, height, 2, width, 2).permute(0, 2, 4, 3, 5, 1).reshape(batch, imageTokens, 4 * Channels);
        x = w.Linear(x, "x_embedder").to(float32);
        var imagePadding = Padded(imageTokens) - imageTokens;
        if (imagePadding > 0)
        {
            x = cat([x, w["x_pad_token"].expand(batch, imagePadding, Width)], 1);
        }

        var (textRope, imageRope) = Ropes(textTokens, height, width, imagePadding);
        x = Block(w, "noise_refiner.0.", x, time, imageRope);

        if (hidden.shape[1] < textTokens)
        {
            hidden = nn.functional.pad(hidden, [0, 0, 0, textTokens - hidden.shape[1]]);
        }

        var text = w.Linear(w.RmsNorm(hidden.narrow(1, 0, textTokens), "cap_embedder.0.weight", Eps), "cap_embedder.1").to(float32);
        var isText = arange(textTokens).unsqueeze(0) < tensor(lengths).unsqueeze(1);
        text = where(isText.unsqueeze(-1), text, w["cap_pad_token"]);
        text = Block(w, "context_refiner.0.", text, null, textRope);

        x = cat([x, text], 1);
        var rope = (cat([imageRope.Cos, textRope.Cos], 0), cat([imageRope.Sin, textRope.Sin], 0));
        for (var i = 0; i < Layers; i++)
        {
            x = Block(w, $"layers.{i}.", x, time, rope);
        }

        x = nn.functional.layer_norm(x.narrow(1, 0, imageTokens), [Width], eps: 1e-6);
        var scale = 1 + w.Linear(nn.functional.silu(time), "final_layer.adaLN_modulation.1");
        x = w.Linear(x * scale.unsqueeze(1), "final_layer.linear").to(float32);
        return x.view(batch, height, width, 2, 2, Channels).permute(0, 5, 1, 3, 2, 4).reshape(latent.shape);
    }

    private static long Padded(long length) => (length + SequenceMultiple - 1) / SequenceMultiple * SequenceMultiple;

    private static void AddBlock(Weights w, string p, bool modulated, Generator generator)
    {
        w.AddLinear(p + "attention.qkv", Width, 3 * Width, false, 1, generator);
        w.AddLinear(p + "attention.out", Width, Width, false, 1, generator);
        w.Add(p + "attention.q_norm.weight", ones(HeadWidth));
        w.Add(p + "attention.k_norm.weight", ones(HeadWidth));
        w.Add(p + "attention_norm1.weight", ones(Width));
        w.Add(p + "attention_norm2.weight", ones(Width) * (modulated ? 1 : 0.3));
        w.Add(p + "ffn_norm1.weight", ones(Width));
        w.Add(p + "ffn_norm2.weight", ones(Width) * (modulated ? 1 : 0.3));
        w.AddLinear(p + "feed_forward.w1", Width, FeedForward, false, 1, generator);
        w.AddLinear(p + "feed_forward.w2", FeedForward, Width, false, 1, generator);
        w.AddLinear(p + "feed_forward.w3", Width, FeedForward, false, 1, generator);
        if (modulated)
        {
            w.AddLinear(p + "adaLN_modulation.0", ModulationWidth, 4 * Width, true, 0.1, generator);

            // The gates (second and fourth quarter) start at 0.2, so that every branch works from the first step.
            using (no_grad())
            {
                var bias = w[p + "adaLN_modulation.0.bias"];
                bias.narrow(0, Width, Width).fill_(0.2);
                bias.narrow(0, 3 * Width, Width).fill_(0.2);
            }
        }
    }

    private static Tensor Block(Weights w, string p, Tensor x, Tensor? time, (Tensor Cos, Tensor Sin) rope)
    {
        if (time is null)
        {
            x = x + w.RmsNorm(Attention(w, p, w.RmsNorm(x, p + "attention_norm1.weight", Eps), rope), p + "attention_norm2.weight", Eps);
            return x + w.RmsNorm(FeedForwardOf(w, p, w.RmsNorm(x, p + "ffn_norm1.weight", Eps)), p + "ffn_norm2.weight", Eps);
        }

        var m = w.Linear(time, p + "adaLN_modulation.0").to(float32).unsqueeze(1).chunk(4, -1);
        var h = Weights.Normed(x, Eps) * (w[p + "attention_norm1.weight"] * (1 + m[0]));
        x = x + Weights.Normed(Attention(w, p, h, rope).to(float32), Eps) * (w[p + "attention_norm2.weight"] * m[1].tanh());
        h = Weights.Normed(x, Eps) * (w[p + "ffn_norm1.weight"] * (1 + m[2]));
        return x + Weights.Normed(FeedForwardOf(w, p, h).to(float32), Eps) * (w[p + "ffn_norm2.weight"] * m[3].tanh());
    }

    private static Tensor Attention(Weights w, string p, Tensor x, (Tensor Cos, Tensor Sin) rope)
    {
        var (batch, length) = (x.shape[0], x.shape[1]);
        var qkv = w.Linear(x, p + "attention.qkv").view(batch, length, 3, Heads, HeadWidth);

        // Queries and keys are normed and rotated in one go.
        var norms = stack([w[p + "attention.q_norm.weight"], w[p + "attention.k_norm.weight"]], 0).unsqueeze(1);
        var qk = Weights.Normed(qkv.narrow(2, 0, 2).to(float32), Eps) * norms;
        qk = qk * rope.Cos + qk.matmul(_turn.Value) * rope.Sin;
        qk = qk.to(qkv.dtype);
        var q = qk.select(2, 0).transpose(1, 2);
        var k = qk.select(2, 1).transpose(1, 2);
        var v = qkv.select(2, 2).transpose(1, 2);
        var scores = (q.matmul(k.transpose(-1, -2)) * (1 / Math.Sqrt(HeadWidth))).softmax(-1);
        return w.Linear(scores.matmul(v).transpose(1, 2).reshape(batch, length, Width), p + "attention.out");
    }

    private static Tensor FeedForwardOf(Weights w, string p, Tensor x) =>
        w.Linear(nn.functional.silu(w.Linear(x, p + "feed_forward.w1")) * w.Linear(x, p + "feed_forward.w3"), p + "feed_forward.w2");

    private static Tensor TimeEmbedding(Tensor t)
    {
        const int half = TimeFrequencies / 2;
        var frequencies = exp(arange(half, dtype: float32) * (-Math.Log(10000) / half));
        var angles = (t.to(float32) * 1000).unsqueeze(1) * frequencies;
        return cat([angles.cos(), angles.sin()], -1);
    }

    // Cosines and sines (tokens, 1, 1, head width) of the text rows (1 + i, 0, 0) and the image rows (1 + text, row, column).
    private static ((Tensor Cos, Tensor Sin) Text, (Tensor Cos, Tensor Sin) Image) Ropes(
        long textTokens, long height, long width, long imagePadding)
    {
        var textPositions = new double[textTokens * 3];
        for (var i = 0; i < textTokens; i++)
        {
            textPositions[3 * i] = 1 + i;
        }

        var imagePositions = new double[(height * width + imagePadding) * 3];
        for (var i = 0; i < height * width; i++)
        {
            imagePositions[3 * i] = 1 + textTokens;
            imagePositions[3 * i + 1] = i / width;
            imagePositions[3 * i + 2] = i % width;
        }

        return (Rope(textPositions), Rope(imagePositions));
    }

    private static (Tensor Cos, Tensor Sin) Rope(double[] positions)
    {
        var tokens = positions.Length / 3;
        var cos = new float[tokens * HeadWidth];
        var sin = new float[tokens * HeadWidth];
        for (var i = 0; i < tokens; i++)
        {
            var at = i * HeadWidth;
            for (var axis = 0; axis < 3; axis++)
            {
                for (var j = 0; j < _axes[axis]; j += 2, at += 2)
                {
                    var angle = positions[3 * i + axis] * Math.Pow(Theta, -(double)j / _axes[axis]);
                    cos[at] = cos[at + 1] = (float)Math.Cos(angle);
                    sin[at] = sin[at + 1] = (float)Math.Sin(angle);
                }
            }
        }

        return (tensor(cos, [tokens, 1, 1, HeadWidth]), tensor(sin, [tokens, 1, 1, HeadWidth]));
    }
}
