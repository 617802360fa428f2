using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One block of an image model: the unit in which weights move, and its layers.</summary>
internal sealed record ImageStage(Block Block, IReadOnlyList<ImageLayer> Layers);

/// <summary>What a stage of an image model makes.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Pixels">Pixels of the image.</param>
/// <param name="Values">The pixels of one channel after the other, width fastest.</param>
public sealed record StageResult(string Name, int Pixels, float[] Values);

/// <summary>Where and how an image model computes.</summary>
/// <param name="Weights">Its weights, on the device that computes.</param>
/// <param name="Memory">The device's memory.</param>
/// <param name="Ram">Host memory for activations that do not rest on the device.</param>
/// <param name="MostOnDevice">Most bytes of an activation that rests on the device.</param>
/// <param name="StripBytes">Most bytes of temporaries of a strip, unless the fewest rows of one take more.</param>
/// <param name="Layout">How images lie.</param>
/// <param name="IsDirect">Whether convolutions are computed without gathered patches.</param>
/// <param name="Purpose">What is being done, for a fault to name.</param>
internal sealed record ImageRunSettings(
    ModelWeights Weights, DeviceMemory Memory, MemoryAccount Ram, long MostOnDevice, long StripBytes, ImageLayout Layout, bool IsDirect, string Purpose);

/// <summary>
/// The stages of an image model for one size of image. Every layer is a pass over the image in strips; what passes between them lies in two slots
/// in turn, and the result of a residual block in place of what came into it. Nothing is allocated before <see cref="Compute"/>.
/// </summary>
internal sealed class ImageChain : IDisposable
{
    private readonly ImageRunSettings _settings;
    private readonly List<Activation> _activations = [];
    private readonly List<ImagePass> _passes = [];
    private readonly IReadOnlyList<BlockVisit> _visits;
    private readonly StateBuffer _state;
    private readonly ActivationSlots _slots;
    private ComputeBuffer? _compute;

    /// <param name="stages">The stages, first to last.</param>
    /// <param name="settings">Where and how it computes.</param>
    /// <param name="input">Shape of the input.</param>
    public ImageChain(IReadOnlyList<ImageStage> stages, ImageRunSettings settings, ImageShape input)
    {
        _settings = settings;
        _activations.Add(Activation(input, 0));
        (Block Block, ImageLayer Layer)[] layers = [.. stages.SelectMany(stage => stage.Layers.Select(layer => (stage.Block, layer)))];
        for (int i = 0; i < layers.Length; i++)
            _passes.Add(Pass(layers[i].Block, layers[i].Layer, isNormedNext: i + 1 < layers.Length && layers[i + 1].Layer.Norm is not null));
        _visits = [.. stages.Select(stage => new BlockVisit(stage.Block, [.. _passes.Where(pass => pass.Block == stage.Block)]))];

        _state = new StateBuffer(settings.Memory);
        _slots = new ActivationSlots(_state, settings.Ram, _activations, [WindowBytes(ImagePass.ImageWindow), WindowBytes(ImagePass.ResultWindow)], settings.Layout);
        ImageShape[] normed = [.. _passes.Where(pass => pass.NotesStatistics).Select(pass => pass.Target.Shape)];
        var statistics = new GroupStatistics(_state, normed.Max(shape => shape.Height * shape.Channels), normed.Max(shape => shape.Channels), settings.Layout);
        long filterElements = layers.Max(each => each.Layer.Filter?.Elements ?? 0);
        Tensor filter = filterElements == 0 ? default : _state.Add("filter", GgmlType.F32, filterElements);
        try
        {
            foreach (ImagePass pass in _passes)
                pass.Build(_slots, statistics, filter);
        }
        catch
        {
            Dispose();
            throw;
        }

        long WindowBytes(int window) => _passes.Max(pass => pass.WindowBytes(window));
    }

    /// <summary>Bytes of every activation of an image, the input and the result included.</summary>
    public static IEnumerable<long> Activations(IEnumerable<ImageStage> stages, ImageShape input)
    {
        ImageShape shape = input;
        return [input.Bytes, .. stages.SelectMany(stage => stage.Layers).Select(layer => (shape = layer.Result(shape)).Bytes)];
    }

    /// <summary>What <see cref="Compute"/> takes.</summary>
    public Footprint Footprint
    {
        get
        {
            long compute = ComputeBuffer.Measure(_settings.Memory, Graphs);
            return new Footprint(_state.Bytes + compute, _passes.Sum(pass => pass.Flops), _slots.HostBytes, _passes.Sum(pass => pass.LinkBytes))
            {
                LargestBuffer = Math.Max(_state.Bytes, compute),
            };
        }
    }

    /// <summary>Shape of the result.</summary>
    public ImageShape Output => _activations[^1].Shape;

    private IReadOnlyCollection<Graph> Graphs => [.. _passes.SelectMany(pass => pass.Graphs)];

    /// <summary>Computes all stages. What it allocates stays for the next image of the same size.</summary>
    /// <param name="input">Values [width, height, channels], width fastest.</param>
    /// <param name="afterStage">Called with the result of every stage; for tests.</param>
    /// <param name="cancellation">Looked at between strips.</param>
    /// <returns>The last stage's result, width fastest.</returns>
    /// <exception cref="NotFiniteException">The result holds NaN or infinity.</exception>
    public float[] Compute(float[] input, Action<StageResult>? afterStage, CancellationToken cancellation)
    {
        if (_compute is null)
            Allocate();
        Tensor first = _slots.Whole(_activations[0]);
        float[] values = _settings.Layout.FromPlanar(input, _activations[0].Shape);
        first.Set<float>(values);
        HashSet<IBlockWork> last = [.. _visits.Select(visit => visit.Work[^1])];
        _settings.Weights.Residency.Compute(_visits, again: false, work =>
        {
            if (last.Contains(work))
                afterStage?.Invoke(Result((ImagePass)work));
        }, cancellation);
        float[] output = Result(_passes[^1]).Values;
        if (FiniteNumbers.All(output))
            return output;
        first.Set<float>(values);
        throw new BlockSearch(_settings.Weights, "The autoencoder").NotFinite(("input", input), _visits, cancellation);
    }

    public void Dispose()
    {
        _compute?.Dispose();
        _passes.ForEach(pass => pass.Dispose());
        _slots.Dispose();
        _state.Dispose();
    }

    private StageResult Result(ImagePass pass)
        => new(pass.Name, pass.Target.Shape.Width * pass.Target.Shape.Height, _settings.Layout.ToPlanar(pass.Results[0].ToFloats(), pass.Target.Shape));

    private void Allocate()
    {
        _state.Allocate(_settings.Purpose);
        _slots.AllocateOnHost(_settings.Purpose);
        foreach (ImagePass pass in _passes)
            pass.Place(_slots);
        _compute = new ComputeBuffer(_settings.Memory, Graphs, _settings.Purpose);
    }

    private ImagePass Pass(Block block, ImageLayer layer, bool isNormedNext)
    {
        Activation image = _activations[^1];
        Activation? stream = layer.Place == ResultPlace.OverStream ? _activations[^2] : null;
        int slot = layer.Place == ResultPlace.OtherSlot ? 1 - image.Slot : (stream ?? image).Slot;
        Activation target = Activation(layer.Result(image.Shape), slot);
        _activations.Add(target);
        IReadOnlyList<Strip> strips = Strip.Cut(layer, image.Shape, _settings.StripBytes, _settings.Layout);
        // A result that takes more room than the stream whose place it takes must not reach rows of it that are still to come.
        if (stream is not null && target.Shape.Channels > stream.Shape.Channels)
            strips = [.. strips.Reverse()];
        return new ImagePass(block, layer, image, stream, target, strips, _settings.Memory.Backend, _settings.Purpose)
        {
            Layout = _settings.Layout,
            IsDirect = _settings.IsDirect,
            NotesStatistics = isNormedNext,
        };
    }

    private Activation Activation(ImageShape shape, int slot) => new(shape, slot, shape.Bytes > _settings.MostOnDevice);
}
