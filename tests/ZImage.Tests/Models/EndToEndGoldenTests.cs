using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Text;

namespace ZImage.Tests.Models;

/// <summary>Whole sampling loops. The cases of a file are for the one transformer, text encoder and autoencoder in its folder that fit it.</summary>
[Trait("Category", "Golden")]
public sealed class EndToEndGoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string, string>> Cases()
    {
        foreach (string cases in Directory.GetFiles(GoldenFile.Folder, "e2e*-cases.gguf").Order(StringComparer.Ordinal).Append(DemoCases).Where(File.Exists).Distinct())
        {
            foreach (string name in GoldenFile.CasesOf(cases))
            {
                yield return new("CPU", cases, name);
                if (name != "full")
                    continue;
                foreach (string gpu in ComputeDevice.Gpus)
                {
                    var row = new TheoryDataRow<string, string, string>(gpu, cases, name);
                    // The demo model's weights are not F32: they have nothing to show where everything else is.
                    yield return cases == DemoCases ? row : row.WithTrait(ComputeDevice.Trait, gpu);
                }
            }
        }
    }

    // The demo model's own cases were computed by the program that trained it.
    private static string DemoCases => Path.Combine(GoldenFile.Folder, "demo-cases.gguf");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sampling_equals_the_reference(string device, string casesPath, string name)
    {
        ComputeDevice compute = ComputeDevice.Get(device);
        using var golden = new GoldenFile(casesPath);
        using var model = GoldenModel.For(casesPath);
        WeightPrecision precision = model.Precision(device);
        string group = $"end to end {precision} {device}";
        CheckpointTensor start = golden.Tensor(name + ".init");
        int width = (int)start.Ne(0), height = (int)start.Ne(1);
        float[] times = golden.Floats(name + ".t");
        float[] sigmas = [.. times.Select(t => 1 - t), 0];

        compute.Run(memory =>
        {
            float[] caption;
            if (golden.Has(name + ".tokens"))
            {
                int[] expected = golden.Ints(name + ".tokens");
                int[] tokens = new Qwen3Tokenizer(GgufVocabulary.Read(model.TextEncoder.Checkpoint)).EncodePrompt(golden.Metadata.GetString($"golden.{name}.prompt")!, out _);
                Assert.Equal(expected, tokens);
                using var encoder = new Qwen3TextEncoder(model.TextEncoder, compute.Backend);
                using WeightResidency placed = WeightResidency.Place(encoder.Weights, memory, default);
                caption = encoder.Encode(tokens, memory, null, default);
                CheckHidden(golden.Floats(name + ".hidden"), caption);
            }
            else
                caption = golden.Floats(name + ".cap_feats");

            float[]? negative = golden.Has(name + ".neg_cap_feats") ? golden.Floats(name + ".neg_cap_feats") : null;
            float guidance = negative is null ? 0 : golden.Floats(name + ".guidance")[0];
            float[] latent = golden.Floats(name + ".init");
            using (var transformer = new Transformer(model.Transformer, compute.Backend))
            {
                using WeightResidency placed = WeightResidency.Place(transformer.Weights, memory, default);
                using var prediction = GuidedPrediction.Start(transformer, memory, width, height, caption, negative, guidance, default);
                bool first = true;
                int step = 0;
                float[] current = latent;
                Samplers.Get("euler").Sample(latent, sigmas, (x, sigma, velocity, _) =>
                {
                    prediction.Velocity(x, sigma, velocity, default);
                    if (first && golden.Has(name + ".v0"))
                        CheckLatent("v0", golden.Floats(name + ".v0"), Array.ConvertAll(velocity.ToArray(), v => -v));
                    first = false;
                }, new SamplingOptions
                {
                    StepCompleted = done =>
                    {
                        step = done.Number;
                        if (golden.Has($"{name}.x{step}"))
                            CheckLatent($"x{step}", golden.Floats($"{name}.x{step}"), current);
                    },
                });
                Assert.Equal(times.Length, step);
            }
            CheckLatent("final", golden.Floats(name + ".final"), latent);
            if (golden.Has(name + ".image"))
                CheckImage(compute, memory, golden, model, name, latent, width, height, precision, group);
            return true;
        });

        void CheckLatent(string part, float[] expected, float[] actual)
        {
            string where = $"{Path.GetFileNameWithoutExtension(casesPath)} {name}.{part}";
            if (precision == WeightPrecision.F32)
                GoldenAssert.MaxAbs(group, where, expected, actual, 1e-3);
            else
                GoldenAssert.RelativeL2(group, where, expected, actual, precision == WeightPrecision.F16 ? 5e-3 : 1.5e-2);
        }

        // No bar is published for the state inside a whole run; that of the latent tells right from wrong.
        void CheckHidden(float[] expected, float[] actual)
        {
            WeightPrecision stored = GoldenFile.Precision(model.TextEncoder, device);
            GoldenAssert.RelativeL2(group, $"{Path.GetFileNameWithoutExtension(casesPath)} {name}.hidden", expected, actual, stored == WeightPrecision.Quantised ? 4e-2 : 5e-3);
        }
    }

    private static void CheckImage(ComputeDevice compute, DeviceMemory memory, GoldenFile golden, GoldenModel model, string name, float[] latent, int width, int height, WeightPrecision precision, string group)
    {
        using var autoencoder = new Autoencoder(model.Autoencoder, compute.Backend);
        using WeightResidency placed = WeightResidency.Place(autoencoder.Weights, memory, default);
        float[] pixels = autoencoder.Decode(latent, width, height, memory, null, default);
        int scale = autoencoder.Scale;
        PixelImage image = PixelImage.FromDecoder(pixels, width * scale, height * scale);
        byte[] expected = Array.ConvertAll(golden.Floats(name + ".image_u8"), v => (byte)v);
        if (precision == WeightPrecision.F32)
        {
            GoldenAssert.MaxAbs(group + " image", name + ".image", golden.Floats(name + ".image"), pixels, 1e-3);
            Assert.All(expected.Zip(image.Rgb), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1));
        }
        else
            GoldenAssert.Psnr(group + " image", name + ".image_u8", expected, image.Rgb, precision == WeightPrecision.F16 ? 50 : 45);
    }
}
