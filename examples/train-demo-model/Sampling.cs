using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Draws with the trained models: Euler steps over the shifted schedule, without guidance.</summary>
public static class Sampling
{
    /// <summary>Noise levels: 3 s / (1 + 2 s) with s from 1 to 0.</summary>
    public static float[] Sigmas(int steps) =>
        [.. Enumerable.Range(0, steps + 1).Select(i => 1 - (double)i / steps).Select(s => (float)(3 * s / (1 + 2 * s)))];

    /// <summary>Standard normal noise of one picture, from a seed.</summary>
    public static Tensor Noise(int seed)
    {
        var random = new Random(seed);
        var values = new float[Transformer.Channels * Latents.Size * Latents.Size];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return tensor(values, [1, Transformer.Channels, Latents.Size, Latents.Size]);
    }

    /// <summary>The latents that come out of some noise for some prompts.</summary>
    public static Tensor Run(
        Weights transformer, Weights text, Vocabulary vocabulary, IReadOnlyList<string> prompts, Tensor noise, int steps)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var (tokens, lengths) = TrainingSet.Pad([.. prompts.Select(p => vocabulary.Encode(Vocabulary.Chat(p)))]);
        var hidden = TextEncoder.Forward(text, tokens);
        var sigmas = Sigmas(steps);
        var x = noise;
        for (var i = 0; i < steps; i++)
        {
            var v = -Transformer.Forward(transformer, x, full([x.shape[0]], 1 - sigmas[i]), hidden, lengths);
            x = x + (sigmas[i + 1] - sigmas[i]) * v;
        }

        return x.MoveToOuterDisposeScope();
    }
}
