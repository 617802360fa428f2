using System.Text.Json;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.Engine.Text;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Models;

/// <summary>
/// The numbers that stable-diffusion.cpp gave on a set of seeded files of the real tensor names (sdcpp-tiny.json). The files are not kept
/// here; the folder that holds them is named by ZIMAGE_SYNTHETIC_DIR.
/// </summary>
public sealed class PeerNumbersTests(ITestOutputHelper output)
{
    // Both round activations to Q8_0 in places of their own, and the peer takes another epsilon for the heads' norms.
    private const double OfRms = 2e-2;

    [Fact]
    public void Tiny_set_gives_the_peers_text_state_predictions_latent_and_image()
    {
        string? folder = Environment.GetEnvironmentVariable("ZIMAGE_SYNTHETIC_DIR");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "ZIMAGE_SYNTHETIC_DIR does not name a folder with the seeded files.");
        JsonElement golden = GoldenJson.Read("sdcpp-tiny.json");
        foreach (JsonProperty file in golden.GetProperty("files_sha256").EnumerateObject())
        {
            using FileStream stream = File.OpenRead(Path.Combine(folder!, file.Name));
            Assert.Equal(file.Value.GetString(), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream)));
        }
        JsonElement tensors = golden.GetProperty("tensors");
        using ComponentFile transformerFile = ComponentFile.Open(Path.Combine(folder!, "z-image-q8_0.gguf"), ComponentKind.Transformer);
        using ComponentFile textFile = ComponentFile.Open(Path.Combine(folder!, "qwen3-q8_0.gguf"), ComponentKind.TextEncoder);
        using ComponentFile vaeFile = ComponentFile.Open(Path.Combine(folder!, "ae-f16.gguf"), ComponentKind.Autoencoder);
        var tokenizer = new Qwen3Tokenizer(GgufVocabulary.Read(textFile.Checkpoint));
        // The peer splits runs of spaces otherwise than the model's own tokenizer.
        foreach (JsonElement item in golden.GetProperty("tokens").EnumerateArray().Where(t => !t.GetProperty("prompt").GetString()!.Contains("  ", StringComparison.Ordinal)))
            Assert.Equal(item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), tokenizer.EncodePrompt(item.GetProperty("prompt").GetString()!, out _));

        void Check(string name, float[] actual)
        {
            JsonElement expected = tensors.GetProperty(name);
            int stride = expected.GetProperty("stride").GetInt32();
            double rms = expected.GetProperty("rms").GetDouble();
            float[] sample = expected.GetProperty("sample").Floats();
            double squares = sample.Select((value, i) => Math.Pow(value - actual[i * stride], 2)).Sum();
            double error = Math.Sqrt(squares / sample.Length) / rms;
            output.WriteLine(FormattableString.Invariant($"{name}: rms error {error:G3} of the rms"));
            Assert.True(error < OfRms, $"{name}: {error}");
        }

        ComputeDevice.Get("CPU").Run(memory =>
        {
            using var encoder = new Qwen3TextEncoder(textFile, memory.Backend);
            using var transformer = new Transformer(transformerFile, memory.Backend);
            using var autoencoder = new Autoencoder(vaeFile, memory.Backend);
            using WeightResidency first = WeightResidency.Place(encoder.Weights, memory, default);
            using WeightResidency second = WeightResidency.Place(transformer.Weights, memory, default);
            using WeightResidency third = WeightResidency.Place(autoencoder.Weights, memory, default);

            float[] text = encoder.Encode(tokenizer.EncodePrompt("a cat", out _), memory, null, default);
            Check("text", text);
            float[] latent = new float[16 * 16 * 16];
            new PhiloxNoise(42).Fill(latent);
            Check("noise", latent);
            using var prediction = GuidedPrediction.Start(transformer, memory, 16, 16, text, null, 0, default);
            var velocity = new float[latent.Length];
            foreach ((string name, float sigma) in (ReadOnlySpan<(string, float)>)[("dit sigma 1", 1f), ("dit sigma 0.5", 0.5f)])
            {
                prediction.Velocity(latent, sigma, velocity, default);
                Check(name, velocity);
            }
            float[] sigmas = SigmaSchedules.Get("smoothstep").Sigmas(9, 3, 16 * 16);
            Samplers.Get("euler").Sample(latent, sigmas, (x, sigma, v, _) => prediction.Velocity(x, sigma, v, default), SamplingOptions.None);
            Check("latent", latent);
            Check("image", autoencoder.Decode(latent, 16, 16, memory, null, default));
            return true;
        });
    }
}
