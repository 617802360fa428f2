using ZImage.Engine.Checkpoints;

namespace ZImage.TrainDemoModel;

/// <summary>Writes the trained models in the formats of the published ones, and reads them back as they are stored.</summary>
public static class Export
{
    /// <summary>The names of the three files.</summary>
    public const string TransformerFile = "z-image-demo-q8_0.gguf", TextFile = "qwen3-demo-f16.gguf", AutoencoderFile = "ae-demo-f16.gguf";

    /// <summary>Writes the transformer: matrices Q8_0, the rest F32.</summary>
    public static void WriteTransformer(string folder, Weights weights)
    {
        var writer = new GgufWriter();
        writer.AddMetadata("general.architecture", "lumina2");
        writer.AddMetadata("general.type", "model");
        writer.AddMetadata("general.name", "Z-Image demo");
        // What New-ZImage uses where the user leaves it open; published files say nothing and get Z-Image-Turbo's settings.
        writer.AddMetadata("zimage.default.width", (uint)Drawings.Size);
        writer.AddMetadata("zimage.default.height", (uint)Drawings.Size);
        writer.AddMetadata("general.quantization_version", 2u);
        writer.AddMetadata("general.file_type", 7u);
        AddTensors(writer, weights, TensorEncoding.TypeQ8_0);
        writer.Write(Path.Combine(folder, TransformerFile));
    }

    /// <summary>Writes the text encoder with its vocabulary: matrices F16, the rest F32.</summary>
    public static void WriteText(string folder, Weights weights, Vocabulary vocabulary)
    {
        var writer = new GgufWriter();
        writer.AddMetadata("general.architecture", "qwen3");
        writer.AddMetadata("general.type", "model");
        writer.AddMetadata("general.name", "Qwen3 demo");
        writer.AddMetadata("general.file_type", 1u);
        writer.AddMetadata("qwen3.block_count", (uint)TextEncoder.Blocks);
        writer.AddMetadata("qwen3.context_length", 4096u);
        writer.AddMetadata("qwen3.embedding_length", (uint)TextEncoder.Width);
        writer.AddMetadata("qwen3.feed_forward_length", (uint)TextEncoder.FeedForward);
        writer.AddMetadata("qwen3.attention.head_count", (uint)TextEncoder.Heads);
        writer.AddMetadata("qwen3.attention.head_count_kv", (uint)TextEncoder.KeyHeads);
        writer.AddMetadata("qwen3.rope.freq_base", 1e6f);
        writer.AddMetadata("qwen3.attention.layer_norm_rms_epsilon", 1e-6f);
        writer.AddMetadata("qwen3.attention.key_length", (uint)TextEncoder.HeadWidth);
        writer.AddMetadata("qwen3.attention.value_length", (uint)TextEncoder.HeadWidth);
        writer.AddMetadata("qwen3.vocab_size", (uint)vocabulary.Tokens.Count);
        writer.AddMetadata("tokenizer.ggml.model", "gpt2");
        writer.AddMetadata("tokenizer.ggml.pre", "qwen2");
        writer.AddMetadata("tokenizer.ggml.tokens", vocabulary.Tokens.ToArray());

        // 1: ordinary, 3: control.
        var ordinary = vocabulary.Tokens.Count - 3;
        writer.AddMetadata("tokenizer.ggml.token_type", vocabulary.Tokens.Select((_, i) => i < ordinary ? 1 : 3).ToArray());
        writer.AddMetadata("tokenizer.ggml.merges", vocabulary.Merges.ToArray());
        writer.AddMetadata("tokenizer.ggml.eos_token_id", (uint)vocabulary.Special("<|im_end|>"));
        writer.AddMetadata("tokenizer.ggml.padding_token_id", (uint)vocabulary.Special("<|endoftext|>"));
        writer.AddMetadata("tokenizer.ggml.bos_token_id", (uint)vocabulary.Special("<|endoftext|>"));
        writer.AddMetadata("tokenizer.ggml.add_bos_token", false);
        writer.AddMetadata("tokenizer.chat_template", Vocabulary.ChatTemplate);
        AddTensors(writer, weights, TensorEncoding.TypeF16);
        writer.Write(Path.Combine(folder, TextFile));
    }

    /// <summary>Writes the autoencoder: convolutions F16, norms and biases F32.</summary>
    public static void WriteAutoencoder(string folder, Weights decoder, Weights encoder)
    {
        var writer = new GgufWriter();
        writer.AddMetadata("general.architecture", "flux-vae");
        writer.AddMetadata("general.type", "model");
        writer.AddMetadata("general.name", "Flux autoencoder demo");
        writer.AddMetadata("general.file_type", 1u);
        AddTensors(writer, encoder, TensorEncoding.TypeF16);
        AddTensors(writer, decoder, TensorEncoding.TypeF16);
        writer.Write(Path.Combine(folder, AutoencoderFile));
    }

    /// <summary>The stored weights as float32, whatever their stored type, for every tensor of a model.</summary>
    public static void Read(string path, params Weights[] targets)
    {
        var file = new GgufFile(path);
        foreach (var target in targets)
        {
            foreach (var name in target.Names)
            {
                file.Values(name).CopyTo(target.Values(name));
            }
        }
    }

    private static void AddTensors(GgufWriter writer, Weights weights, int matrixType)
    {
        foreach (var name in weights.Names)
        {
            // ggml's order of dimensions is the reverse; the pad tokens (1, width) are stored as vectors.
            long[] shape = [.. weights[name].shape.Reverse()];
            if (name.EndsWith("pad_token", StringComparison.Ordinal))
            {
                shape = [shape[0]];
            }

            var type = shape.Length == 1 ? TensorEncoding.TypeF32 : matrixType;
            writer.AddTensor(name, type, shape, TensorEncoding.Encode(type, weights.Values(name)));
        }
    }
}
