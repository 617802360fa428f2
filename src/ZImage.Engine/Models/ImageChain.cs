using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One block of an image model: the shape it makes of a shape, and its operations.</summary>
internal sealed record ImageStage(Block Block, Func<(long Width, long Height, long Channels), (long Width, long Height, long Channels)> Shape, Func<Context, Tensor, Tensor> Build)
{
    public string Name => Block.Name;
}

/// <summary>
/// The stages of an image model for one size, each as one graph; what passes between them lies in two states in turn. Nothing is allocated
/// before <see cref="Compute"/>.
/// </summary>
internal sealed class ImageChain : IDisposable
{
    private readonly IReadOnlyList<ImageStage> _stages;
    private readonly ModelWeights _weights;
    private readonly DeviceMemory _memory;
    private readonly string _purpose;
    private readonly List<(long Width, long Height, long Channels)> _shapes;
    private readonly StateBuffer _state;
    private readonly Tensor[] _slots;
    private readonly List<BlockGraph> _graphs = [];

    /// <param name="stages">The stages, first to last.</param>
    /// <param name="weights">Their weights, on the device that computes.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="shape">Shape of the input.</param>
    /// <param name="purpose">What is being done, for a fault to name.</param>
    public ImageChain(IReadOnlyList<ImageStage> stages, ModelWeights weights, DeviceMemory memory, (long Width, long Height, long Channels) shape, string purpose)
    {
        (_stages, _weights, _memory, _purpose) = (stages, weights, memory, purpose);
        _shapes = [shape];
        foreach (ImageStage stage in stages)
            _shapes.Add(stage.Shape(_shapes[^1]));

        // Stage i reads state i and writes state i + 1; even and odd states share a place each.
        _state = new StateBuffer(memory);
        _slots = [Slot(0), Slot(1)];
        Tensor Slot(int parity) => _state.Add("image", GgmlType.F32, _shapes.Where((_, i) => i % 2 == parity).Max(s => s.Width * s.Height * s.Channels));
        try
        {
            for (int i = 0; i < stages.Count; i++)
            {
                (Tensor from, Tensor to) = (_slots[i % 2], _slots[(i + 1) % 2]);
                int index = i;
                _graphs.Add(new BlockGraph(stages[i].Block, stages[i].Name,
                    c => [c.Copy(stages[index].Build(c, As(c, from, _shapes[index])), As(c, to, _shapes[index + 1]))]) { Moment = purpose });
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What <see cref="Compute"/> takes.</summary>
    public Footprint Footprint => Footprint.Of(_memory, _state.Bytes, _graphs);

    /// <summary>Computes all stages.</summary>
    /// <param name="input">Values [width, height, channels], width fastest.</param>
    /// <param name="afterStage">Called with a stage's name and its result; for tests.</param>
    /// <param name="cancellation">Looked at between stages.</param>
    /// <returns>The last stage's result, width fastest.</returns>
    /// <exception cref="NotFiniteException">The result holds NaN or infinity.</exception>
    public float[] Compute(float[] input, Action<string, Tensor>? afterStage, CancellationToken cancellation)
    {
        _state.Allocate(_purpose);
        using var compute = new ComputeBuffer(_memory, [.. _graphs.Select(g => g.Graph)], _purpose);
        _slots[0].Set<float>(input);
        using var views = new Context(_stages.Count + 1);
        int done = 0;
        _weights.Residency.Compute(BlockVisit.Of(_graphs), again: false, graph =>
        {
            done++;
            afterStage?.Invoke(graph.Name, As(views, _slots[done % 2], _shapes[done]));
        }, cancellation);
        (long width, long height, long channels) = _shapes[^1];
        var output = new float[width * height * channels];
        _slots[_stages.Count % 2].Get<float>(output);
        if (FiniteNumbers.All(output))
            return output;
        _slots[0].Set<float>(input);
        throw new BlockSearch(_weights, "The autoencoder").NotFinite(("input", input), _graphs, cancellation);
    }

    public void Dispose()
    {
        _graphs.ForEach(g => g.Dispose());
        _state.Dispose();
    }

    private static Tensor As(Context c, Tensor slot, (long Width, long Height, long Channels) shape)
        => c.View(slot, shape.Width, shape.Height, shape.Channels, 1, shape.Width * sizeof(float),
            shape.Width * shape.Height * sizeof(float), shape.Width * shape.Height * shape.Channels * sizeof(float), 0);
}
