using System.Runtime.InteropServices;
using ZImage.Engine.Checkpoints;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Writes one whole run of the stored models, computed in float32, for the engine's tests to compare with.</summary>
public static class Cases
{
    private const string Prompt = "a red cat on a blue background";
    private const int Steps = 8;
    private const int TypeI32 = 26;

    /// <summary>Computes and writes the case "full": tokens, hidden state, noise, times, final latent and picture.</summary>
    public static void Write(string path, Weights transformer, Weights text, Weights decoder, Vocabulary vocabulary)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var ids = vocabulary.Encode(Vocabulary.Chat(Prompt));
        var (tokens, _) = TrainingSet.Pad([ids]);
        var noise = Sampling.Noise(42);
        var final = Sampling.Run(transformer, text, vocabulary, [Prompt], noise, Steps);
        var image = Autoencoder.Decode(decoder, final);
        var writer = new GgufWriter();
        writer.AddMetadata("general.architecture", "golden");
        writer.AddMetadata("general.name", "end-to-end case, demo model");
        writer.AddMetadata("golden.full.prompt", Prompt);
        writer.AddMetadata("golden.full.chat", Vocabulary.Chat(Prompt));
        writer.AddTensor("full.tokens", TypeI32, [ids.Length], MemoryMarshal.AsBytes(ids.AsSpan()).ToArray());
        Add("full.hidden", TextEncoder.Forward(text, tokens)[0]);
        Add("full.init", noise[0]);
        Add("full.t", tensor(Sampling.Sigmas(Steps).Take(Steps).Select(s => 1 - s).ToArray()));
        Add("full.final", final[0]);
        Add("full.image", image[0]);
        Add("full.image_u8", ((image[0] / 2 + 0.5).clamp(0, 1) * 255).round().permute(1, 2, 0));
        writer.Write(path);

        void Add(string name, Tensor tensor) =>
            writer.AddTensor(name, TensorEncoding.TypeF32, [.. tensor.shape.Reverse()], tensor.contiguous().bytes.ToArray());
    }
}
