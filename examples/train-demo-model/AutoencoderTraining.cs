using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Trains the decoder to undo the fixed projection, and the encoder to do it.</summary>
public sealed class AutoencoderTraining(string state, Latents latents)
{
    private const float LearningRate = 2e-3f;
    private const int WarmUpSteps = 100;
    private const float AverageDecay = 0.995f;
    private const float LevelPart = 0.5f;

    // Crops of a quarter of the picture are cheaper; the decoder sees them in this part of its steps, whole pictures afterwards.
    private const float CroppedPart = 0.4f;
    private const int Batch = 4;
    private const int CropBatch = 12;
    private const int CropLatents = 8;

    /// <summary>The file of a run, "decoder" or "encoder".</summary>
    public static string CheckpointPath(string state, string part) => Path.Combine(state, part + ".gguf");

    /// <summary>Trains the decoder or the encoder up to a number of steps, from where the last run ended.</summary>
    public void Run(string part, int steps, bool mixed)
    {
        var decoder = part == "decoder";
        var weights = decoder ? Autoencoder.CreateDecoder(new Generator(2)) : Autoencoder.CreateEncoder(new Generator(3));
        weights.Mixed = mixed;
        var path = CheckpointPath(state, part);
        var optimizer = new Optimizer(("", weights));
        var before = Checkpoint.Restore(path, optimizer);
        Console.WriteLine($"{weights.Names.Sum(n => weights[n].numel())} parameters, from step {optimizer.Step} to {steps}");
        var scenes = Prompts.Combinations().Where(c => !c.HeldOut).Select(c => c.Scene).ToList();
        var random = new Random(2000 + optimizer.Step);
        var clock = Stopwatch.StartNew();
        var saved = clock.Elapsed;
        var (sum, count) = (0.0, 0);
        using var log = new StreamWriter(Path.Combine(state, part + "-loss.csv"), append: true) { AutoFlush = true };
        while (optimizer.Step < steps)
        {
            Collections.BeforeStep();
            var done = (float)optimizer.Step / steps;
            var rate = LearningRate * MathF.Min(1, (optimizer.Step + 1f) / WarmUpSteps) * MathF.Min(1, (1 - done) / (1 - LevelPart));
            sum += decoder ? DecoderLoss(weights, scenes, random, done < CroppedPart) : EncoderLoss(weights, scenes, random);
            optimizer.Apply(rate, AverageDecay);
            count++;
            if (optimizer.Step % 20 == 0)
            {
                var seconds = before + clock.Elapsed.TotalSeconds;
                log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{optimizer.Step},{seconds:f0},{sum / count:f6},{rate:g4}"));

                // Pixels span 2, so a mean squared error e is a PSNR of 10 log10(4 / e).
                var psnr = 10 * Math.Log10(4 / (sum / count));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {optimizer.Step} mse {sum / count:f6} psnr {psnr:f2} rate {rate:g3} {seconds:f0} s"));
                (sum, count) = (0, 0);
            }

            if (clock.Elapsed - saved > TimeSpan.FromMinutes(3))
            {
                Checkpoint.Save(path, optimizer, before + clock.Elapsed.TotalSeconds);
                saved = clock.Elapsed;
            }
        }

        Checkpoint.Save(path, optimizer, before + clock.Elapsed.TotalSeconds);
    }

    private static List<byte[]> DrawSome(List<Scene> scenes, int count, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => scenes[random.Next(scenes.Count)]).Select(s => Drawings.Draw(s, random))];

    private double DecoderLoss(Weights weights, List<Scene> scenes, Random random, bool cropped)
    {
        using var scope = NewDisposeScope();
        var pixels = Latents.Pixels(DrawSome(scenes, cropped ? CropBatch : Batch, random)).contiguous();
        var z = latents.Project(pixels);
        if (cropped)
        {
            const int choices = Latents.Size - CropLatents + 1;
            var corners = Enumerable.Range(0, CropBatch).Select(_ => (Row: random.Next(choices), Column: random.Next(choices))).ToList();
            pixels = stack([.. corners.Select((c, i) => Crop(pixels[i], c.Row, c.Column, Latents.Patch))], 0);
            z = stack([.. corners.Select((c, i) => Crop(z[i], c.Row, c.Column, 1))], 0);
        }

        // Sampled latents are never exact: half of the pictures get a little noise, which the decoder learns to ignore.
        var strength = rand(z.shape[0], 1, 1, 1) * 0.2 - 0.1;
        z = z + randn_like(z) * strength.clamp_min(0);
        var difference = Autoencoder.Decode(weights, z) - pixels;
        var squared = difference.square().mean();
        (squared + 0.2 * difference.abs().mean()).backward();
        return squared.item<float>();
    }

    // The square of a crop whose place is given in latents; a latent is `scale` values wide.
    private static Tensor Crop(Tensor from, int row, int column, int scale) =>
        from.narrow(1, row * scale, CropLatents * scale).narrow(2, column * scale, CropLatents * scale);

    private double EncoderLoss(Weights weights, List<Scene> scenes, Random random)
    {
        using var scope = NewDisposeScope();
        var pixels = Latents.Pixels(DrawSome(scenes, Batch, random)).contiguous();
        var (mean, logVariance) = Autoencoder.Encode(weights, pixels);
        var squared = (mean - Autoencoder.ToMean(latents.Project(pixels))).square().mean();

        // Next to no spread: the projection is exact.
        (squared + 1e-3 * (logVariance + 12).square().mean()).backward();
        return squared.item<float>();
    }
}
