using System.Globalization;
using System.Text.RegularExpressions;

namespace ZImage.Tests.Checkpoints;

/// <summary>The small golden models under the names that other programs give their tensors. Written apart from what the engine reads them by.</summary>
internal static partial class Dialects
{
    /// <summary>The transformer as diffusers saves it: q, k and v apart, pad tokens of two axes.</summary>
    public static TinyTensors DiffusersTransformer(TinyTensors fused) => fused.Each(tensor =>
    {
        if (tensor.Name.EndsWith("attention.qkv.weight", StringComparison.Ordinal))
            return Thirds(tensor);
        if (tensor.Name.EndsWith("_pad_token", StringComparison.Ordinal))
            return [tensor with { Shape = [tensor.Shape[0], 1] }];
        string name = Regex.Replace(tensor.Name, "^(x_embedder|final_layer)\\.", "all_$1.2-1.");
        name = Regex.Replace(name, "attention\\.([qk])_norm", "attention.norm_$1");
        return (IEnumerable<TinyTensor>)[tensor with { Name = name.Replace("attention.out.", "attention.to_out.0.", StringComparison.Ordinal) }];
    });

    /// <summary>A mixture that single files have: only q, k and v apart, all other names as in the fused files.</summary>
    public static TinyTensors SplitTransformer(TinyTensors fused)
        => fused.Each(tensor => tensor.Name.EndsWith("attention.qkv.weight", StringComparison.Ordinal) ? Thirds(tensor) : [tensor]);

    /// <summary>The text encoder as transformers saves it, without the prefix <c>model.</c>.</summary>
    public static TinyTensors HuggingFaceTextEncoder(TinyTensors llamaCpp) => llamaCpp.Rename(name =>
    {
        if (name == "token_embd.weight")
            return "embed_tokens.weight";
        if (name == "output_norm.weight")
            return "norm.weight";
        Match block = Block().Match(name);
        string part = block.Groups[2].Value switch
        {
            "attn_norm" => "input_layernorm",
            "ffn_norm" => "post_attention_layernorm",
            "attn_q_norm" => "self_attn.q_norm",
            "attn_k_norm" => "self_attn.k_norm",
            "attn_output" => "self_attn.o_proj",
            "attn_q" or "attn_k" or "attn_v" => $"self_attn.{block.Groups[2].Value[^1]}_proj",
            "ffn_gate" or "ffn_up" or "ffn_down" => $"mlp.{block.Groups[2].Value[4..]}_proj",
            var other => throw new InvalidOperationException($"'{name}' has the unknown part '{other}'."),
        };
        return $"layers.{block.Groups[1].Value}.{part}.weight";
    });

    /// <summary>The autoencoder as diffusers saves it; <paramref name="old"/> for the attention's names of its first releases.</summary>
    public static TinyTensors DiffusersAutoencoder(TinyTensors compVis, bool old = false) => compVis.Each(tensor =>
    {
        string name = tensor.Name;
        name = Regex.Replace(name, "\\.mid\\.block_([12])\\.", match => $".mid_block.resnets.{int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) - 1}.");
        name = Regex.Replace(name, "^decoder\\.up\\.(\\d)\\.", match => $"decoder.up_blocks.{3 - int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)}.");
        name = Regex.Replace(name, "^encoder\\.down\\.(\\d)\\.", "encoder.down_blocks.$1.");
        name = Regex.Replace(name, "(_blocks\\.\\d)\\.block\\.", "$1.resnets.");
        name = Regex.Replace(name, "\\.(up|down)sample\\.conv\\.", ".$1samplers.0.conv.");
        name = name.Replace(".nin_shortcut.", ".conv_shortcut.", StringComparison.Ordinal).Replace(".norm_out.", ".conv_norm_out.", StringComparison.Ordinal);
        Match attention = Regex.Match(name, "^(.*)\\.mid\\.attn_1\\.(\\w+)\\.(\\w+)$");
        if (!attention.Success)
            return tensor with { Name = name };
        string part = attention.Groups[2].Value switch
        {
            "norm" => "group_norm",
            "q" => old ? "query" : "to_q",
            "k" => old ? "key" : "to_k",
            "v" => old ? "value" : "to_v",
            _ => old ? "proj_attn" : "to_out.0",
        };
        // A 1x1 convolution is a matrix here.
        return tensor with
        {
            Name = $"{attention.Groups[1].Value}.mid_block.attentions.0.{part}.{attention.Groups[3].Value}",
            Shape = tensor.Shape is [1, 1, var inputs, var outputs] ? [inputs, outputs] : tensor.Shape,
        };
    });

    private static IEnumerable<TinyTensor> Thirds(TinyTensor qkv)
    {
        int third = qkv.Values.Length / 3;
        return "qkv".Select((part, i) => new TinyTensor(
            qkv.Name.Replace("attention.qkv.", $"attention.to_{part}.", StringComparison.Ordinal), [qkv.Shape[0], qkv.Shape[1] / 3], qkv.Values[(i * third)..((i + 1) * third)]));
    }

    [GeneratedRegex(@"^blk\.(\d+)\.(\w+)\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex Block();
}
