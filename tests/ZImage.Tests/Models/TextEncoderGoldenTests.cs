using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;

namespace ZImage.Tests.Models;

[Trait("Category", "Golden")]
public sealed class TextEncoderGoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string, string, string>> Cases()
    {
        foreach ((string model, string cases) in GoldenFile.Pairs("qwen3"))
        {
            string[] names = [.. GoldenFile.CasesOf(cases)];
            foreach (string name in names)
                yield return new("CPU", model, cases, name);
            foreach (string gpu in ComputeDevice.Gpus)
                yield return new TheoryDataRow<string, string, string, string>(gpu, model, cases, names[0]).WithTrait(ComputeDevice.Trait, gpu);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Hidden_state_equals_the_reference(string device, string modelPath, string casesPath, string name)
    {
        ComputeDevice compute = ComputeDevice.Get(device);
        using var golden = new GoldenFile(casesPath);
        using ComponentFile file = ComponentFile.Open(modelPath, ComponentKind.TextEncoder);
        WeightPrecision precision = GoldenFile.Precision(file, device);
        int[] tokens = golden.Ints(name + ".tokens");

        compute.Run(memory =>
        {
            using var model = new Qwen3TextEncoder(file, compute.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            double bar = precision switch
            {
                WeightPrecision.Quantised => 4e-2,
                WeightPrecision.F16 => 5e-3,
                _ => model.Config.Blocks < 6 ? 2e-4 : 5e-4,
            };
            void Check(string part, float[] actual)
            {
                string group = $"Qwen3 {precision} {device}", where = $"{Path.GetFileNameWithoutExtension(modelPath)} {name}.{part}";
                float[] expected = golden.Floats($"{name}.{part}");
                // On CUDA products of F32 are rounded to TF32: single values differ by up to 6e-3, whole tensors by 2.3e-3 of their norm.
                if (precision == WeightPrecision.F16 && device == "CUDA0")
                    GoldenAssert.RelativeL2(group, where, expected, actual, bar);
                else if (precision == WeightPrecision.Quantised)
                    GoldenAssert.RelativeL2(group, where, expected, actual, bar);
                else
                    GoldenAssert.MaxAbs(group, where, expected, actual, bar);
            }

            Check("embeddings", model.Embed(tokens));
            float[] hidden = model.Encode(tokens, memory, (blocks, x) =>
            {
                if (blocks == 1)
                    Check("after_layer0", x.ToFloats());
            }, default);
            Check("hidden", hidden);
            return true;
        });
    }
}
