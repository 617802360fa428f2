using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;

namespace ZImage.Engine.Generation;

/// <summary>What the phases of a run need, by dry runs of the very graphs; the results of the latest are remembered.</summary>
internal sealed class RunNeeds(LoadedModel model)
{
    private const int MostRemembered = 256;

    private readonly Dictionary<(ComponentKind, string, string), (Footprint Footprint, long Used)> _footprints = [];
    private long _uses;

    /// <summary>The phases of a run in their order.</summary>
    /// <param name="run">The run.</param>
    /// <param name="way">How pictures of a size pass through the autoencoder.</param>
    public IReadOnlyList<PhaseNeed> Of(RunShape run, ImageWay way)
    {
        var needs = new List<PhaseNeed>();
        if (run.Encodes)
            needs.Add(Need(Phase.Encode, ComponentKind.Autoencoder, run.Decoded, drawing => Encoding(drawing, way), drawing => drawing.Images,
                drawing => [new BlockSequence(model.Autoencoder.EncoderBlocks, drawing.Images * WayOf(drawing, way).Passes)]));
        if (run.Prompts.Count > 0)
        {
            needs.Add(Need(Phase.Condition, ComponentKind.TextEncoder, [run.Prompts], prompts => Measure(ComponentKind.TextEncoder, $"prompts {string.Join(' ', prompts)}",
                memory => model.TextEncoder.Measure(prompts, memory)), _ => 1, _ => [new BlockSequence(model.TextEncoder.Blocks, 1)]));
        }
        if (run.Sampled.Count > 0)
        {
            needs.Add(Need(Phase.Sample, ComponentKind.Transformer, run.Sampled, Sampling, Evaluations,
                drawing => [new BlockSequence(model.Transformer.CaptionBlocks, 1), new BlockSequence(model.Transformer.StepBlocks, Evaluations(drawing))]));
        }
        needs.Add(Need(Phase.Decode, ComponentKind.Autoencoder, run.Decoded, drawing => Decoding(drawing, way), drawing => drawing.Images,
            drawing => [new BlockSequence(model.Autoencoder.DecoderBlocks, drawing.Images * WayOf(drawing, way).Passes)]));
        return needs;
    }

    /// <summary>What one evaluation of the transformer for a drawing takes.</summary>
    public Footprint Sampling(DrawingShape drawing)
    {
        (int width, int height) = Latent(drawing);
        return Measure(ComponentKind.Transformer, $"{width}x{height}, {drawing.PromptTokens} and {drawing.NegativeTokens} tokens, {drawing.Images}", memory =>
        {
            using var prediction = new GuidedPrediction(model.Transformer, memory, width, height, drawing.PromptTokens, drawing.NegativeTokens, 0, drawing.Images);
            return prediction.Footprint;
        });
    }

    /// <summary>What decoding one picture of a drawing takes.</summary>
    public Footprint Decoding(DrawingShape drawing, ImageWay way)
    {
        (int width, int height) = Latent(drawing);
        way = WayOf(drawing, way);
        return Measure(ComponentKind.Autoencoder, $"decode {width}x{height} {way} {way.MostOnDevice}", memory => model.Autoencoder.MeasureDecode(width, height, memory, way));
    }

    /// <summary>A run's way through the autoencoder for the pictures of one of its drawings, which may be of another size than the largest.</summary>
    public ImageWay WayOf(DrawingShape drawing, ImageWay way)
    {
        (int width, int height) = Latent(drawing);
        return way.For(width, height, model.Autoencoder.Scale);
    }

    /// <summary>Evaluations of the transformer in all steps of a drawing.</summary>
    public static int Evaluations(DrawingShape drawing)
        => Samplers.CountEvaluations(Samplers.Get(drawing.Request.Sampler), drawing.Sigmas, drawing.Request.Eta);

    /// <summary>Latent width and height of a drawing's pictures.</summary>
    public (int Width, int Height) Latent(DrawingShape drawing) => (drawing.Request.Width / model.Autoencoder.Scale, drawing.Request.Height / model.Autoencoder.Scale);

    private Footprint Encoding(DrawingShape drawing, ImageWay way)
    {
        way = WayOf(drawing, way);
        return Measure(ComponentKind.Autoencoder, $"encode {drawing.Request.Width}x{drawing.Request.Height} {way} {way.MostOnDevice}",
            memory => model.Autoencoder.MeasureEncode(drawing.Request.Width, drawing.Request.Height, memory, way));
    }

    // The items of a phase come one after the other, so the largest says what memory the phase takes.
    private PhaseNeed Need<T>(Phase phase, ComponentKind kind, IReadOnlyList<T> items, Func<T, Footprint> measure, Func<T, int> rounds, Func<T, IReadOnlyList<BlockSequence>> sequences)
    {
        DeviceMemory memory = model.MemoryOf(kind);
        (Footprint Footprint, int Rounds)[] parts = [.. items.Select(item => (measure(item), rounds(item)))];
        return new PhaseNeed(phase, kind, memory.Name, memory == model.Memory, parts.Max(part => part.Footprint.Bytes),
            parts.Sum(part => part.Footprint.Flops * part.Rounds), [.. items.SelectMany(sequences)])
        {
            HostBytes = parts.Max(part => part.Footprint.HostBytes),
            LinkBytes = parts.Sum(part => part.Footprint.LinkBytes * part.Rounds),
        };
    }

    private Footprint Measure(ComponentKind kind, string what, Func<DeviceMemory, Footprint> measure)
    {
        DeviceMemory memory = model.MemoryOf(kind);
        var key = (kind, memory.Name, what);
        if (!_footprints.TryGetValue(key, out (Footprint Footprint, long Used) known))
        {
            if (_footprints.Count >= MostRemembered)
                _footprints.Remove(_footprints.MinBy(pair => pair.Value.Used).Key);
            known.Footprint = measure(memory);
        }
        _footprints[key] = (known.Footprint, ++_uses);
        return known.Footprint;
    }
}
