using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;

namespace ZImage.Tests.Models;

[Trait("Category", "Golden")]
public sealed class AutoencoderGoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string, string, string>> Cases()
    {
        foreach ((string model, string cases) in GoldenFile.Pairs("vae"))
        {
            string[] names = [.. GoldenFile.CasesOf(cases)];
            foreach (string name in names)
                yield return new("CPU", model, cases, name);
            foreach (string kind in (string[])["dec", "enc"])
            {
                if (names.FirstOrDefault(n => n.StartsWith(kind, StringComparison.Ordinal)) is not { } first)
                    continue;
                foreach (string gpu in ComputeDevice.Gpus)
                    yield return new TheoryDataRow<string, string, string, string>(gpu, model, cases, first).WithTrait(ComputeDevice.Trait, gpu);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Image_and_latent_equal_the_reference(string device, string modelPath, string casesPath, string name)
    {
        ComputeDevice compute = ComputeDevice.Get(device);
        using var golden = new GoldenFile(casesPath);
        using ComponentFile file = ComponentFile.Open(modelPath, ComponentKind.Autoencoder);
        WeightPrecision precision = GoldenFile.Precision(file, device);
        void Check(string part, ReadOnlySpan<float> actual)
            => GoldenAssert.MaxAbs($"VAE {precision} {device}", $"{Path.GetFileNameWithoutExtension(modelPath)} {name}.{part}",
                golden.Floats($"{name}.{part}"), actual, precision == WeightPrecision.F32 ? 5e-4 : 1e-2);

        compute.Run(memory =>
        {
            using var model = new Autoencoder(file, compute.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            if (golden.Has(name + ".latent") && golden.Has(name + ".out"))
            {
                CheckpointTensor latent = golden.Tensor(name + ".latent");
                string firstLevel = $"decoder.up.{model.Levels - 1}";
                float[] pixels = model.Decode(golden.Floats(name + ".latent"), (int)latent.Ne(0), (int)latent.Ne(1), memory, stage =>
                {
                    string? part = stage.Name == "decoder.conv_in" ? "conv_in" : stage.Name == "decoder.mid" ? "mid" : stage.Name == firstLevel ? "up3" : null;
                    if (part is not null)
                        Check(part, stage.Values);
                }, default);
                Check("out", pixels);
            }
            else
            {
                CheckpointTensor image = golden.Tensor(name + ".image");
                (float[] mean, float[] logVariance) = model.Encode(golden.Floats(name + ".image"), (int)image.Ne(0), (int)image.Ne(1), memory, default);
                Check("mean", mean);
                Check("logvar", logVariance);
                Check("latent", Array.ConvertAll(mean, m => (m - Autoencoder.LatentShift) * Autoencoder.LatentScale));
            }
            return true;
        });
    }
}
