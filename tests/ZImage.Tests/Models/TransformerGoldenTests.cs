using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;

namespace ZImage.Tests.Models;

[Trait("Category", "Golden")]
public sealed class TransformerGoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string, string, string>> Cases()
    {
        foreach ((string model, string cases) in GoldenFile.Pairs("dit"))
        {
            string[] names = [.. GoldenFile.CasesOf(cases)];
            foreach (string name in names)
                yield return new("CPU", model, cases, name);
            // Shaders compile slowly: one case with padding on both sides touches every operation.
            foreach (string gpu in ComputeDevice.Gpus)
                yield return new TheoryDataRow<string, string, string, string>(gpu, model, cases, names[^1]).WithTrait(ComputeDevice.Trait, gpu);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_pass_equals_the_reference(string device, string modelPath, string casesPath, string name)
    {
        ComputeDevice compute = ComputeDevice.Get(device);
        using var golden = new GoldenFile(casesPath);
        using ComponentFile file = ComponentFile.Open(modelPath, ComponentKind.Transformer);
        WeightPrecision precision = GoldenFile.Precision(file, device);
        CheckpointTensor latent = golden.Tensor(name + ".latent");

        void Check(string part, float[] actual)
        {
            string group = $"DiT {precision} {device}", where = $"{Path.GetFileNameWithoutExtension(modelPath)} {name}.{part}";
            float[] expected = golden.Floats($"{name}.{part}");
            if (precision == WeightPrecision.Quantised)
                GoldenAssert.RelativeL2(group, where, expected, actual, 3e-2);
            else if (precision == WeightPrecision.F16 && device != "CPU")
            {
                // Here both operands of every product are rounded, also inside attention: single values differ by up to 9e-3, whole tensors by at
                // most 1e-3 of their norm. The smallest of the known mistakes (epsilon of the q/k norm) makes 4e-3 in unified_l0, 6e-3 in out.
                GoldenAssert.RelativeL2(group, where, expected, actual, 2e-3);
            }
            else
                GoldenAssert.MaxAbs(group, where, expected, actual, precision == WeightPrecision.F32 ? 5e-4 : 5e-3);
        }

        float[] output = compute.Run(memory =>
        {
            using var model = new Transformer(file, compute.Backend);
            using WeightResidency residency = WeightResidency.Place(model.Weights, memory, default);
            float[] caption = golden.Floats(name + ".cap_feats");
            using var run = new TransformerRun(model, memory, (int)latent.Ne(0), (int)latent.Ne(1), (int)(caption.Length / model.Config.CaptionDim));
            run.Allocate();
            using var buffer = new ComputeBuffer(memory, [.. run.Graphs], "test");
            run.AfterBlock = block =>
            {
                if (block == "cap_embedder")
                    Check("cap_embed", run.Caption.ToFloats());
                else if (block == "embedders")
                {
                    Check("t_emb", run.TimeEmbedding.ToFloats());
                    Check("x_embed", ImageRows(run, model));
                }
                else if (block == $"noise_refiner.{model.Config.NoiseRefiners - 1}")
                    Check("x_refined", ImageRows(run, model));
                else if (block == "layers.0")
                    Check("unified_l0", run.X.ToFloats());
            };
            run.SetCaption(caption, default);
            Check("cap_refined", run.Caption.ToFloats());
            var result = new float[latent.Elements];
            run.Predict(golden.Floats(name + ".latent"), golden.Floats(name + ".t")[0], result, default);
            return result;
        });
        Check("out", output);
    }

    private static float[] ImageRows(TransformerRun run, Transformer model)
    {
        var rows = new float[model.Config.Dim * run.ImageTokens];
        run.X.Get<float>(rows);
        return rows;
    }
}
