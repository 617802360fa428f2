using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The Z-Image diffusion transformer (Z-Image: An Efficient Image Generation Foundation Model with Single-Stream Diffusion Transformer):
/// its weights in the order of their use. <see cref="TransformerRun"/> computes it for one shape.
/// </summary>
public sealed class Transformer : IDisposable
{
    public Transformer(ComponentFile file, Backend backend)
        : this(new ModelWeights(file, backend))
    {
    }

    /// <summary>Declares every weight; for inspected weights nothing can be computed.</summary>
    internal Transformer(ModelWeights weights)
    {
        Weights = weights;
        Config = TransformerConfig.From(weights.File);

        HeadPlace = TokenPositions.HeadPlace(weights, Config);

        Block embedders = Embedders = Weights.AddBlock("embedders");
        Tensor Matrix(Block block, string name, long rows, long columns) => Weights.Require(block, name + ".weight", WeightUse.Matrix, rows, columns);
        Tensor Vector(Block block, string name, long size) => Weights.Require(block, name, WeightUse.Vector, size);
        TimeIn = Matrix(embedders, "t_embedder.mlp.0", TransformerConfig.TimeFrequencies, Config.TimeHidden);
        TimeInBias = Vector(embedders, "t_embedder.mlp.0.bias", Config.TimeHidden);
        TimeOut = Matrix(embedders, "t_embedder.mlp.2", Config.TimeHidden, Config.TimeDim);
        TimeOutBias = Vector(embedders, "t_embedder.mlp.2.bias", Config.TimeDim);
        CaptionNorm = Vector(embedders, "cap_embedder.0.weight", Config.CaptionDim);
        Caption = Matrix(embedders, "cap_embedder.1", Config.CaptionDim, Config.Dim);
        CaptionBias = Vector(embedders, "cap_embedder.1.bias", Config.Dim);
        CaptionPad = Vector(embedders, "cap_pad_token", Config.Dim);
        PatchIn = Matrix(embedders, "x_embedder", PatchWidth, Config.Dim);
        PatchInBias = Vector(embedders, "x_embedder.bias", Config.Dim);
        ImagePad = Vector(embedders, "x_pad_token", Config.Dim);

        ContextRefiners = Layers("context_refiner", Config.ContextRefiners, modulated: false);
        NoiseRefiners = Layers("noise_refiner", Config.NoiseRefiners, modulated: true);
        JointLayers = Layers("layers", Config.Layers, modulated: true);

        Block final = Final = Weights.AddBlock("final_layer");
        FinalScale = Matrix(final, "final_layer.adaLN_modulation.1", Config.TimeDim, Config.Dim);
        FinalScaleBias = Vector(final, "final_layer.adaLN_modulation.1.bias", Config.Dim);
        PatchOut = Matrix(final, "final_layer.linear", Config.Dim, PatchWidth);
        PatchOutBias = Vector(final, "final_layer.linear.bias", PatchWidth);
    }

    public TransformerConfig Config { get; }

    public ModelWeights Weights { get; }

    internal Backend Backend => Weights.Backend;

    /// <summary>Values of one patch: 2 x 2 latent pixels of all channels.</summary>
    internal int PatchWidth => TransformerConfig.Patch * TransformerConfig.Patch * Config.Channels;

    /// <summary>The blocks that a caption goes through, in order.</summary>
    internal IReadOnlyList<Block> CaptionBlocks => [Embedders, .. ContextRefiners.Select(layer => layer.Block)];

    /// <summary>The blocks of a step, in order.</summary>
    internal IReadOnlyList<Block> StepBlocks => [Embedders, .. NoiseRefiners.Concat(JointLayers).Select(layer => layer.Block), Final];

    internal Block Embedders { get; }

    internal Block Final { get; }

    /// <summary>Where the elements of a head of queries or keys lie on the device; null for as in the file.</summary>
    internal Func<long, long>? HeadPlace { get; }

    internal Tensor TimeIn { get; }

    internal Tensor TimeInBias { get; }

    internal Tensor TimeOut { get; }

    internal Tensor TimeOutBias { get; }

    internal Tensor CaptionNorm { get; }

    internal Tensor Caption { get; }

    internal Tensor CaptionBias { get; }

    internal Tensor CaptionPad { get; }

    internal Tensor PatchIn { get; }

    internal Tensor PatchInBias { get; }

    internal Tensor ImagePad { get; }

    internal IReadOnlyList<TransformerLayer> ContextRefiners { get; }

    internal IReadOnlyList<TransformerLayer> NoiseRefiners { get; }

    internal IReadOnlyList<TransformerLayer> JointLayers { get; }

    internal Tensor FinalScale { get; }

    internal Tensor FinalScaleBias { get; }

    internal Tensor PatchOut { get; }

    internal Tensor PatchOutBias { get; }

    public void Dispose() => Weights.Dispose();

    private List<TransformerLayer> Layers(string stack, int count, bool modulated)
        => [.. Enumerable.Range(0, count).Select(i => new TransformerLayer(Weights, $"{stack}.{i}", Config, modulated, HeadPlace))];
}
