using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One block of an image model: the shape it makes of a shape, and its operations.</summary>
internal sealed record ImageStage(string Name, Func<(long Width, long Height, long Channels), (long Width, long Height, long Channels)> Shape, Func<Context, Tensor, Tensor> Build);

/// <summary>Computes the stages of an image model one after the other, each as one graph; what passes between them lies in two states in turn.</summary>
internal static class ImageChain
{
    /// <param name="stages">The stages, first to last.</param>
    /// <param name="weights">Their weights, on the device that computes.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="input">Values [width, height, channels], width fastest.</param>
    /// <param name="shape">Shape of the input.</param>
    /// <param name="purpose">What is being done, for a fault to name.</param>
    /// <param name="afterStage">Called with a stage's name and its result; for tests.</param>
    /// <param name="cancellation">Looked at between stages.</param>
    /// <returns>The last stage's result, width fastest.</returns>
    /// <exception cref="NotFiniteException">The result holds NaN or infinity.</exception>
    public static float[] Compute(IReadOnlyList<ImageStage> stages, ModelWeights weights, DeviceMemory memory, float[] input,
        (long Width, long Height, long Channels) shape, string purpose, Action<string, Tensor>? afterStage, CancellationToken cancellation)
    {
        var shapes = new List<(long Width, long Height, long Channels)> { shape };
        foreach (ImageStage stage in stages)
            shapes.Add(stage.Shape(shapes[^1]));

        // Stage i reads state i and writes state i + 1; even and odd states share a place each.
        using var state = new StateBuffer(memory);
        Tensor[] slots = [Slot(0), Slot(1)];
        Tensor Slot(int parity) => state.Add("image", GgmlType.F32, shapes.Where((_, i) => i % 2 == parity).Max(s => s.Width * s.Height * s.Channels));
        state.Allocate(purpose);

        var graphs = new List<BlockGraph>();
        try
        {
            for (int i = 0; i < stages.Count; i++)
            {
                (Tensor from, Tensor to) = (slots[i % 2], slots[(i + 1) % 2]);
                int index = i;
                graphs.Add(new BlockGraph(stages[i].Name,
                    c => [c.Copy(stages[index].Build(c, As(c, from, shapes[index])), As(c, to, shapes[index + 1]))]));
            }
            using var compute = new ComputeBuffer(memory, [.. graphs.Select(g => g.Graph)], purpose);
            slots[0].Set<float>(input);
            using var views = new Context(stages.Count + 1);
            for (int i = 0; i < graphs.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                graphs[i].Compute(weights.Backend, purpose);
                afterStage?.Invoke(stages[i].Name, As(views, slots[(i + 1) % 2], shapes[i + 1]));
            }
            (long width, long height, long channels) = shapes[^1];
            var output = new float[width * height * channels];
            slots[stages.Count % 2].Get<float>(output);
            if (FiniteNumbers.All(output))
                return output;
            slots[0].Set<float>(input);
            throw new BlockSearch(weights, "The autoencoder").NotFinite(purpose, ("input", input), graphs, cancellation);
        }
        finally
        {
            graphs.ForEach(g => g.Dispose());
        }
    }

    private static Tensor As(Context c, Tensor slot, (long Width, long Height, long Channels) shape)
        => c.View(slot, shape.Width, shape.Height, shape.Channels, 1, shape.Width * sizeof(float),
            shape.Width * shape.Height * sizeof(float), shape.Width * shape.Height * shape.Channels * sizeof(float), 0);
}
