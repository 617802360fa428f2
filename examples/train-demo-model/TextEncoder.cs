using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>A small Qwen3 under llama.cpp's tensor names. The state used is the one before the last block.</summary>
public static class TextEncoder
{
    /// <summary>Width of the residual stream.</summary>
    public const int Width = 128;

    /// <summary>Blocks in the file; the last one is never run.</summary>
    public const int Blocks = 3;

    /// <summary>Query heads.</summary>
    public const int Heads = 2;

    /// <summary>Key and value heads.</summary>
    public const int KeyHeads = 1;

    /// <summary>Width of a head.</summary>
    public const int HeadWidth = 64;

    /// <summary>Width of the feed-forward layer.</summary>
    public const int FeedForward = 256;

    private const double Eps = 1e-6;
    private const double RopeBase = 1e6;

    /// <summary>Random initial weights.</summary>
    public static Weights Create(int vocabulary, Generator generator)
    {
        var w = new Weights();
        w.Add("token_embd.weight", randn([vocabulary, Width], generator: generator) * 0.5);
        for (var i = 0; i < Blocks; i++)
        {
            var p = $"blk.{i}.";
            w.Add(p + "attn_norm.weight", ones(Width));
            w.AddLinear(p + "attn_q", Width, Heads * HeadWidth, false, 1, generator);
            w.AddLinear(p + "attn_k", Width, KeyHeads * HeadWidth, false, 1, generator);
            w.AddLinear(p + "attn_v", Width, KeyHeads * HeadWidth, false, 1, generator);
            w.Add(p + "attn_q_norm.weight", ones(HeadWidth));
            w.Add(p + "attn_k_norm.weight", ones(HeadWidth));
            w.AddLinear(p + "attn_output", Heads * HeadWidth, Width, false, 0.5, generator);
            w.Add(p + "ffn_norm.weight", ones(Width));
            w.AddLinear(p + "ffn_gate", Width, FeedForward, false, 1, generator);
            w.AddLinear(p + "ffn_up", Width, FeedForward, false, 1, generator);
            w.AddLinear(p + "ffn_down", FeedForward, Width, false, 0.5, generator);
        }

        w.Add("output_norm.weight", ones(Width));
        return w;
    }

    /// <summary>The residual stream after the last block but one. Tokens are (batch, length); padding belongs at the end.</summary>
    public static Tensor Forward(Weights w, Tensor tokens)
    {
        var (batch, length) = (tokens.shape[0], tokens.shape[1]);
        var x = w["token_embd.weight"].index_select(0, tokens.flatten()).view(batch, length, Width);
        var (cos, sin) = Rope(length);
        var mask = full([length, length], float.NegativeInfinity).triu(1);
        for (var i = 0; i < Blocks - 1; i++)
        {
            var p = $"blk.{i}.";
            var h = w.RmsNorm(x, p + "attn_norm.weight", Eps);
            var q = Heads_(w.Linear(h, p + "attn_q"), Heads);
            var k = Heads_(w.Linear(h, p + "attn_k"), KeyHeads);
            var v = Heads_(w.Linear(h, p + "attn_v"), KeyHeads).to(float32);
            q = Rotate(w.RmsNorm(q, p + "attn_q_norm.weight", Eps));
            k = Rotate(w.RmsNorm(k, p + "attn_k_norm.weight", Eps));
            k = k.repeat_interleave(Heads / KeyHeads, dim: 1);
            v = v.repeat_interleave(Heads / KeyHeads, dim: 1);
            var scores = (q.matmul(k.transpose(-1, -2)) * (1 / Math.Sqrt(HeadWidth)) + mask).softmax(-1);
            var mixed = scores.matmul(v).transpose(1, 2).reshape(batch, length, Heads * HeadWidth);
            x = x + w.Linear(mixed, p + "attn_output");
            h = w.RmsNorm(x, p + "ffn_norm.weight", Eps);
            x = x + w.Linear(nn.functional.silu(w.Linear(h, p + "ffn_gate")) * w.Linear(h, p + "ffn_up"), p + "ffn_down");
        }

        return x;

        Tensor Heads_(Tensor t, long heads) => t.view(batch, length, heads, HeadWidth).transpose(1, 2);
        Tensor Rotate(Tensor t)
        {
            var halves = t.chunk(2, -1);
            return t * cos + cat([-halves[1], halves[0]], -1) * sin;
        }
    }

    // Half-split pairs: the angle of dimension j is that of j + HeadWidth / 2.
    private static (Tensor Cos, Tensor Sin) Rope(long length)
    {
        var frequencies = pow(RopeBase, arange(0, HeadWidth, 2, dtype: float64) * (-1.0 / HeadWidth));
        var angles = arange(length, dtype: float64).unsqueeze(1) * frequencies;
        angles = cat([angles, angles], -1);
        return (angles.cos().to(float32), angles.sin().to(float32));
    }
}
