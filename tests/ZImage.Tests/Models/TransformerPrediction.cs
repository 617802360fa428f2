using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Tests.Models;

/// <summary>One prediction of a transformer, of noise for a caption of noise.</summary>
internal static class TransformerPrediction
{
    /// <param name="path">The transformer's file.</param>
    /// <param name="memory">The device's memory; called on its thread.</param>
    /// <param name="size">Width and height of the latent.</param>
    /// <param name="look">Looks at the weights in their places.</param>
    public static float[] Of(string path, DeviceMemory memory, int size, Action<WeightResidency>? look = null)
    {
        const int CaptionTokens = 20;
        CancellationToken stop = TestContext.Current.CancellationToken;
        using ComponentFile file = ComponentFile.Open(path, ComponentKind.Transformer);
        using var model = new Transformer(file, memory.Backend);
        using WeightResidency residency = WeightResidency.Place(model.Weights, memory, stop);
        look?.Invoke(residency);
        using var run = new TransformerRun(model, memory, size, size, CaptionTokens);
        run.Allocate();
        using var buffer = new ComputeBuffer(memory, [.. run.Graphs], "test");
        run.SetCaption(Noise(CaptionTokens * (int)model.Config.CaptionDim), stop);
        var output = new float[size * size * model.Config.Channels];
        run.Predict(Noise(output.Length), 0.4f, output, stop);
        return output;
    }

    private static float[] Noise(int count)
    {
        var values = new float[count];
        new PhiloxNoise(7).Fill(values);
        return values;
    }
}
