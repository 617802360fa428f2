using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.Engine.Text;
using ZImage.Ggml;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Models;

/// <summary>What a session does around a sampler, against the same by hand: noise first from one source, then a sampler that draws on from it.</summary>
public sealed class SessionSamplingTests
{
    private const int Size = 32, Seed = 11;
    private const string Prompt = "a cat", NegativePrompt = "blurred";

    private static readonly float[] Levels = [0.9f, 0.6f, 0.3f, 0];

    [Theory]
    [InlineData("euler_a", NoiseGenerator.Cuda, 1f)]
    [InlineData("euler_a", NoiseGenerator.Cpu, 1f)]
    [InlineData("lcm", NoiseGenerator.Cuda, 2f)]
    [InlineData("euler_cfg_pp", NoiseGenerator.Cuda, 0.5f)]
    [InlineData("euler_cfg_pp", NoiseGenerator.Cuda, 1f)]
    public void A_session_draws_what_its_parts_draw_by_hand(string sampler, NoiseGenerator rng, float cfgScale)
    {
        var files = new ModelFiles(PathOf("dit-tiny.gguf"), PathOf("qwen3-tiny.gguf"), PathOf("vae-tiny.gguf"));
        using ModelSession session = ModelSession.Open(files, Devices.Cpu, new SessionOptions { Threads = 1 }, null, TestContext.Current.CancellationToken);
        GeneratedImage image = session.Generate(new ImageRequest
        {
            Prompt = Prompt,
            NegativePrompt = NegativePrompt,
            Width = Size,
            Height = Size,
            Steps = 99,
            Sampler = sampler,
            Scheduler = "simple",
            Shift = 3,
            Sigmas = Levels,
            CfgScale = cfgScale,
            Seed = Seed,
            Rng = rng,
        }, null, TestContext.Current.CancellationToken);

        Assert.Equal(Levels.Length - 1, image.Steps);
        Assert.Equal(ByHand(files, sampler, rng, cfgScale), image.PixelHash);
    }

    private static string ByHand(ModelFiles files, string sampler, NoiseGenerator rng, float cfgScale) => ComputeDevice.Get("CPU").Run(memory =>
    {
        using ComponentFile transformerFile = ComponentFile.Open(files.Diffusion, ComponentKind.Transformer);
        using ComponentFile textFile = ComponentFile.Open(files.TextEncoder, ComponentKind.TextEncoder);
        using ComponentFile vaeFile = ComponentFile.Open(files.Vae, ComponentKind.Autoencoder);
        using var encoder = new Qwen3TextEncoder(textFile, memory.Backend);
        using var transformer = new Transformer(transformerFile, memory.Backend);
        using var autoencoder = new Autoencoder(vaeFile, memory.Backend);
        using WeightResidency first = WeightResidency.Place(encoder.Weights, memory, default);
        using WeightResidency second = WeightResidency.Place(transformer.Weights, memory, default);
        using WeightResidency third = WeightResidency.Place(autoencoder.Weights, memory, default);
        var tokenizer = new Qwen3Tokenizer(GgufVocabulary.Read(textFile.Checkpoint));
        float[] Hidden(string text) => encoder.Encode(tokenizer.EncodePrompt(text, out _), memory, null, default);

        int side = Size / autoencoder.Scale;
        float[] latent = new float[side * side * transformer.Config.Channels];
        INoiseSource noise = NoiseSources.Create(rng, Seed);
        noise.Fill(latent);
        for (int i = 0; i < latent.Length; i++)
            latent[i] *= Levels[0];

        // Each prompt by itself, and the guidance by hand.
        using (var positive = GuidedPrediction.Start(transformer, memory, side, side, Hidden(Prompt), null, 0, default))
        using (var negative = GuidedPrediction.Start(transformer, memory, side, side, Hidden(NegativePrompt), null, 0, default))
        {
            float[] other = new float[latent.Length];
            Samplers.Get(sampler).Sample(latent, Levels, (x, sigma, velocity, unguided) =>
            {
                positive.Velocity(x, sigma, velocity, default);
                negative.Velocity(x, sigma, other, default);
                for (int i = 0; i < velocity.Length; i++)
                    velocity[i] += (cfgScale - 1) * (velocity[i] - other[i]);
                other.AsSpan(0, unguided.Length).CopyTo(unguided);
            }, new SamplingOptions { Noise = noise });
        }
        return PixelImage.FromDecoder(autoencoder.Decode(latent, side, side, memory, null, default), Size, Size).PixelHash;
    });

    private static string PathOf(string file) => Path.Combine(GoldenJson.RepositoryRoot, "tests", "golden", file);
}
