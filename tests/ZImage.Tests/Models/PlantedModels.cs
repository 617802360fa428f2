using System.Runtime.InteropServices;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Sampling.Noise;
using ZImage.Ggml;
using ZImage.Ggml.Interop;

namespace ZImage.Tests.Models;

/// <summary>Whole models in files: made of seeded noise in any type, changed in some tensors, or stored in another type.</summary>
internal static unsafe class PlantedModels
{
    /// <summary>Rows of whole k-quant blocks.</summary>
    public const int Dim = 256;

    public const int Channels = 4;
    private const int HeadDim = 32, FeedForward = 512;

    /// <summary>Changes the values of a tensor.</summary>
    public delegate void Edit(Span<float> values);

    /// <summary>
    /// A transformer of one layer and one refiner each. Matrices are normally distributed with a standard deviation of 1 / sqrt(inputs) and
    /// multiplied by <paramref name="factor"/>, by rows.
    /// </summary>
    public static void WriteTransformer(string path, GgmlType type, Func<string, int, float> factor)
    {
        var writer = new RandomWriter(type, factor);
        writer.Matrix("x_embedder.weight", 4 * Channels, Dim, GgmlType.F32);
        writer.Matrix("t_embedder.mlp.0.weight", 256, Dim);
        writer.Matrix("t_embedder.mlp.2.weight", Dim, Dim);
        writer.Matrix("cap_embedder.1.weight", Dim, Dim);
        writer.Ones("cap_embedder.0.weight", Dim);
        foreach (string bias in (string[])["x_embedder.bias", "t_embedder.mlp.0.bias", "t_embedder.mlp.2.bias", "cap_embedder.1.bias", "x_pad_token", "cap_pad_token", "final_layer.adaLN_modulation.1.bias"])
            writer.Matrix(bias, Dim, 1, GgmlType.F32);
        foreach (string block in (string[])["context_refiner.0", "noise_refiner.0", "layers.0"])
        {
            writer.Matrix(block + ".attention.qkv.weight", Dim, 3 * Dim);
            writer.Matrix(block + ".attention.out.weight", Dim, Dim);
            writer.Matrix(block + ".feed_forward.w1.weight", Dim, FeedForward);
            writer.Matrix(block + ".feed_forward.w2.weight", FeedForward, Dim);
            writer.Matrix(block + ".feed_forward.w3.weight", Dim, FeedForward);
            foreach (string norm in (string[])["attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2"])
                writer.Ones($"{block}.{norm}.weight", Dim);
            writer.Ones(block + ".attention.q_norm.weight", HeadDim);
            writer.Ones(block + ".attention.k_norm.weight", HeadDim);
            if (block != "context_refiner.0")
            {
                writer.Matrix(block + ".adaLN_modulation.0.weight", Dim, 4 * Dim);
                writer.Matrix(block + ".adaLN_modulation.0.bias", 4 * Dim, 1, GgmlType.F32);
            }
        }
        writer.Matrix("final_layer.adaLN_modulation.1.weight", Dim, Dim);
        writer.Matrix("final_layer.linear.weight", Dim, 4 * Channels);
        writer.Matrix("final_layer.linear.bias", 4 * Channels, 1, GgmlType.F32);
        writer.Write(path);
    }

    /// <summary>A text encoder of three blocks, two of them used, with <see cref="Dim"/> tokens.</summary>
    public static void WriteTextEncoder(string path, GgmlType type, Func<string, int, float> factor)
    {
        var writer = new RandomWriter(type, factor);
        writer.Matrix("token_embd.weight", Dim, Dim);
        for (int block = 0; block < 3; block++)
        {
            string name = $"blk.{block}.";
            foreach (string norm in (string[])["attn_norm", "ffn_norm"])
                writer.Ones($"{name}{norm}.weight", Dim);
            foreach (string norm in (string[])["attn_q_norm", "attn_k_norm"])
                writer.Ones($"{name}{norm}.weight", HeadDim);
            writer.Matrix(name + "attn_q.weight", Dim, Dim);
            writer.Matrix(name + "attn_k.weight", Dim, Dim / 2);
            writer.Matrix(name + "attn_v.weight", Dim, Dim / 2);
            writer.Matrix(name + "attn_output.weight", Dim, Dim);
            writer.Matrix(name + "ffn_gate.weight", Dim, FeedForward);
            writer.Matrix(name + "ffn_up.weight", Dim, FeedForward);
            writer.Matrix(name + "ffn_down.weight", FeedForward, Dim);
        }
        writer.Write(path);
    }

    /// <summary>The same tensors, each in a type of choice and multiplied by a factor.</summary>
    public static void Rewrite(string source, string target, Func<string, GgmlType, GgmlType> type, Func<string, float>? factor = null)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        var writer = new GgufWriter();
        foreach (CheckpointTensor tensor in checkpoint.Tensors.Values)
        {
            var values = new float[tensor.Elements];
            tensor.Decode(0, values);
            float times = factor?.Invoke(tensor.Name) ?? 1;
            for (int i = 0; i < values.Length; i++)
                values[i] *= times;
            GgmlType stored = type(tensor.Name, tensor.Type.Ggml!.Value);
            writer.AddTensor(tensor.Name, (int)stored, tensor.Shape, Quantize(stored, values, tensor.Shape[0]));
        }
        writer.Write(target);
    }

    /// <summary>The same file with other values in one F32 tensor.</summary>
    public static void Change(string source, string target, string tensor, Edit change)
    {
        byte[] bytes = File.ReadAllBytes(source);
        using (Checkpoint checkpoint = Checkpoint.Open(source))
        {
            CheckpointTensor stored = checkpoint.Tensors[tensor];
            Assert.Equal(GgmlType.F32, stored.Type.Ggml);
            change(MemoryMarshal.Cast<byte, float>(bytes.AsSpan((int)stored.Offset, (int)stored.Bytes)));
        }
        File.WriteAllBytes(target, bytes);
    }

    private static byte[] Quantize(GgmlType type, float[] values, long rowLength)
    {
        var bytes = new byte[type.RowBytes(values.Length)];
        fixed (float* source = values)
        fixed (byte* target = bytes)
            Native.ggml_quantize_chunk(type, source, target, 0, values.Length / rowLength, rowLength, null);
        return bytes;
    }

    private sealed class RandomWriter(GgmlType type, Func<string, int, float> factor)
    {
        private readonly GgufWriter _writer = new();
        private ulong _seed;

        public void Matrix(string name, int inputs, int outputs, GgmlType? stored = null)
        {
            var values = new float[inputs * outputs];
            new PhiloxNoise(++_seed).Fill(values);
            for (int i = 0; i < values.Length; i++)
                values[i] *= factor(name, i / inputs) / MathF.Sqrt(inputs);
            GgmlType kind = stored ?? type;
            _writer.AddTensor(name, (int)kind, outputs == 1 ? [inputs] : [inputs, outputs], Quantize(kind, values, inputs));
        }

        public void Ones(string name, int size)
        {
            var values = new float[size];
            Array.Fill(values, 1);
            _writer.AddTensor(name, (int)GgmlType.F32, [size], Quantize(GgmlType.F32, values, size));
        }

        public void Write(string path) => _writer.Write(path);
    }
}
