using ZImage.Engine.Checkpoints;

namespace ZImage.Tests.Checkpoints;

/// <summary>Files of a few tensors with the names of each component.</summary>
internal static class SmallModels
{
    public const int Dim = 32;

    public static byte[] Transformer(string prefix = "", Action<GgufWriter>? more = null) => Write(writer =>
    {
        writer.AddMetadata("general.architecture", "some name");
        foreach (string block in (string[])["layers.0", "layers.1", "noise_refiner.0"])
        {
            F32(writer, $"{prefix}{block}.adaLN_modulation.0.weight", Dim, 4 * Dim);
            F32(writer, $"{prefix}{block}.attention.qkv.weight", Dim, 3 * Dim);
        }
        F32(writer, $"{prefix}cap_embedder.0.weight", Dim);
        F32(writer, $"{prefix}x_pad_token", Dim, 1);
        more?.Invoke(writer);
    });

    public static byte[] TextEncoder(Action<GgufWriter>? more = null) => Write(writer =>
    {
        writer.AddMetadata("general.architecture", "qwen3");
        writer.AddMetadata("tokenizer.ggml.tokens", new[] { "a", "\u0120b", "猫" });
        writer.AddMetadata("tokenizer.ggml.token_type", new[] { 1, 1, 3 });
        F32(writer, "token_embd.weight", Dim, 3);
        F32(writer, "blk.0.attn_q.weight", Dim, Dim);
        F32(writer, "blk.0.attn_q_norm.weight", Dim);
        F32(writer, "blk.0.ffn_gate.weight", Dim, Dim);
        more?.Invoke(writer);
    });

    public static byte[] Autoencoder(string prefix = "", Action<GgufWriter>? more = null) => Write(writer =>
    {
        F32(writer, $"{prefix}decoder.conv_in.weight", 3, 3, 4, 8);
        F32(writer, $"{prefix}decoder.mid.block_1.conv1.weight", 3, 3, 8, 8);
        F32(writer, $"{prefix}decoder.up.0.block.0.conv1.weight", 3, 3, 8, 8);
        more?.Invoke(writer);
    });

    public static void F32(GgufWriter writer, string name, params long[] shape)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => i / 8f)];
        writer.AddTensor(name, TensorEncoding.TypeF32, shape, TensorEncoding.Encode(TensorEncoding.TypeF32, values));
    }

    public static byte[] Write(Action<GgufWriter> fill)
    {
        var writer = new GgufWriter();
        fill(writer);
        var file = new MemoryStream();
        writer.Write(file);
        return file.ToArray();
    }
}
