using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Trains the transformer and the text encoder together on flow matching.</summary>
public sealed class Training(string state)
{
    private const int BatchSize = 32;
    private const float LearningRate = 1.5e-3f;
    private const int WarmUpSteps = 150;
    private const float AverageDecay = 0.998f;
    private const double TimeShift = 2.5;

    // The rate stays level until this part of the run is done, then falls to zero in a straight line.
    private const float LevelPart = 0.55f;

    /// <summary>The file of the run.</summary>
    public static string CheckpointPath(string state) => Path.Combine(state, "transformer.gguf");

    /// <summary>Random initial weights of both models.</summary>
    public static (Weights Transformer, Weights Text) Create(Vocabulary vocabulary)
    {
        var generator = new Generator(1);
        return (Transformer.Create(generator), TextEncoder.Create(vocabulary.Tokens.Count, generator));
    }

    /// <summary>The average weights of a run.</summary>
    public static (Weights Transformer, Weights Text) LoadAverage(string state, Vocabulary vocabulary)
    {
        var (transformer, text) = Create(vocabulary);
        Checkpoint.LoadAverage(CheckpointPath(state), "transformer/", transformer);
        Checkpoint.LoadAverage(CheckpointPath(state), "text/", text);
        return (transformer, text);
    }

    /// <summary>Trains up to a number of steps or seconds, whichever comes first, from where the last run ended.</summary>
    public void Run(Vocabulary vocabulary, TrainingSet set, int steps, double seconds, bool mixed)
    {
        var (transformer, text) = Create(vocabulary);
        transformer.Mixed = text.Mixed = mixed;
        var optimizer = new Optimizer(("transformer/", transformer), ("text/", text));
        var before = Checkpoint.Restore(CheckpointPath(state), optimizer);
        Console.WriteLine($"{transformer.Names.Sum(n => transformer[n].numel())} + {text.Names.Sum(n => text[n].numel())} parameters, "
            + $"{set.Count} drawings, prompts up to {set.LongestPrompt} tokens, from step {optimizer.Step} to {steps}");
        var random = new Random(1000 + optimizer.Step);
        var clock = Stopwatch.StartNew();
        var saved = clock.Elapsed;
        var (sum, count) = (0.0, 0);
        using var log = new StreamWriter(Path.Combine(state, "loss.csv"), append: true) { AutoFlush = true };
        while (true)
        {
            Collections.BeforeStep();
            var done = (float)Math.Max((double)optimizer.Step / steps, (before + clock.Elapsed.TotalSeconds) / seconds);
            if (done >= 1)
            {
                break;
            }

            var rate = LearningRate * MathF.Min(1, (optimizer.Step + 1f) / WarmUpSteps) * MathF.Min(1, (1 - done) / (1 - LevelPart));
            sum += Loss(transformer, text, set.Batch(BatchSize, random), random);
            var norm = optimizer.Apply(rate, AverageDecay);
            count++;
            if (optimizer.Step % 20 == 0)
            {
                var trained = before + clock.Elapsed.TotalSeconds;
                log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{optimizer.Step},{trained:f0},{sum / count:f5},{rate:g4}"));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {optimizer.Step} loss {sum / count:f4} norm {norm:f2} rate {rate:g3} {trained:f0} s"));
                (sum, count) = (0, 0);
            }

            if (clock.Elapsed - saved > TimeSpan.FromMinutes(3))
            {
                Checkpoint.Save(CheckpointPath(state), optimizer, before + clock.Elapsed.TotalSeconds);
                saved = clock.Elapsed;
            }
        }

        Checkpoint.Save(CheckpointPath(state), optimizer, before + clock.Elapsed.TotalSeconds);
    }

    private static double Loss(Weights transformer, Weights text, (Tensor Latents, Tensor Tokens, long[] Lengths) batch, Random random)
    {
        using var scope = NewDisposeScope();
        var clean = batch.Latents;
        var size = (int)clean.shape[0];
        var sigmas = new float[size];
        for (var i = 0; i < size; i++)
        {
            // One sample from each of `size` equal parts, so that every batch covers all noise levels.
            var u = (i + random.NextDouble()) / size;
            sigmas[i] = (float)(TimeShift * u / (1 + (TimeShift - 1) * u));
        }

        var sigma = tensor(sigmas);
        var noise = randn_like(clean);
        var noisy = lerp(clean, noise, sigma.view(-1, 1, 1, 1));
        var hidden = TextEncoder.Forward(text, batch.Tokens);
        var prediction = Transformer.Forward(transformer, noisy, 1 - sigma, hidden, batch.Lengths);
        var loss = nn.functional.mse_loss(prediction, clean - noise);
        loss.backward();
        batch.Latents.Dispose();
        batch.Tokens.Dispose();
        return loss.item<float>();
    }
}
