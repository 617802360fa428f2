using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Engine.Text;

namespace ZImage.Engine.Generation;

/// <summary>What one component in a model file is, without loading it: its header is read, and samples for its fingerprint.</summary>
public sealed record ModelFileInfo
{
    /// <summary>Full path of the file, of the index, or of one shard.</summary>
    public required string Path { get; init; }

    /// <summary>For example <c>GGUF v3</c> or <c>safetensors</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Number of files: more than one when the model is in shards.</summary>
    public required int Files { get; init; }

    /// <summary>Bytes of all files.</summary>
    public required long Length { get; init; }

    public required ComponentKind Kind { get; init; }

    /// <summary>Why it is of this kind.</summary>
    public required string Evidence { get; init; }

    /// <summary>How its tensors are named; empty when the kind is unknown.</summary>
    public string Dialect { get; init; } = "";

    /// <summary>What stands before each name.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Turbo or base; of a transformer.</summary>
    public ModelVariant Variant { get; init; }

    /// <summary>What the variant was concluded from.</summary>
    public string VariantEvidence { get; init; } = "";

    /// <summary>Number of weights of the component.</summary>
    public long Parameters { get; init; }

    /// <summary>Bytes of weights by type, largest first.</summary>
    public IReadOnlyDictionary<string, long> Types { get; init; } = new Dictionary<string, long>();

    /// <summary>Bytes of the component's weights as stored.</summary>
    public long WeightBytes => Types.Values.Sum();

    /// <summary>Canonical names of tensors that the model needs and the file lacks.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Why the file could not be imported; null when nothing speaks against it.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether the component can be imported.</summary>
    public bool IsUsable => Kind != ComponentKind.Unknown && Missing.Count == 0 && Problem is null;

    /// <summary>The settings a transformer is made for.</summary>
    public ModelDefaults? Recommended { get; init; }

    /// <summary>Base of the rotary embedding of a text encoder.</summary>
    public float? RopeTheta { get; init; }

    /// <summary>Where the vocabulary of a text encoder is: the file itself or a tokenizer.json; null when there is none.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Whether an autoencoder can also encode images.</summary>
    public bool? HasEncoder { get; init; }

    /// <summary>The name by which pictures remember the file (<see cref="Checkpoint.Fingerprint"/>); empty for an unknown kind.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Looks at a file: one result for each component in it, or one of unknown kind.</summary>
    /// <exception cref="ModelFileException">It is no model file, or a damaged one.</exception>
    public static IReadOnlyList<ModelFileInfo> Inspect(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        IReadOnlyList<RecognizedComponent> components = ComponentRecognizer.RecognizeAll(checkpoint);
        return components.Count > 0 ? [.. components.Select(component => Describe(checkpoint, component))] : [Describe(checkpoint, ComponentRecognizer.Recognize(checkpoint))];
    }

    private static ModelFileInfo Describe(Checkpoint checkpoint, RecognizedComponent component)
    {
        var info = new ModelFileInfo
        {
            Path = checkpoint.Path,
            Format = checkpoint.Format,
            Files = checkpoint.Files.Count,
            Length = checkpoint.Length,
            Kind = component.Kind,
            Evidence = component.Evidence,
            Dialect = component.Dialect,
            Prefix = component.Prefix,
            Fingerprint = component.Kind == ComponentKind.Unknown ? "" : checkpoint.Fingerprint,
        };
        if (component.Kind == ComponentKind.Unknown)
            return info with { Types = CheckpointTensor.BytesByType(checkpoint.Tensors.Values), Parameters = checkpoint.Tensors.Values.Sum(tensor => tensor.Elements) };

        try
        {
            ComponentFile file = ComponentFile.From(checkpoint, component.Kind);
            info = info with
            {
                Types = CheckpointTensor.BytesByType(file.Tensors.Values.Select(tensor => tensor.Stored)),
                Parameters = file.Tensors.Values.Sum(tensor => tensor.Elements),
            };
            return component.Kind switch
            {
                ComponentKind.Transformer => DescribeTransformer(info, file),
                ComponentKind.TextEncoder => DescribeTextEncoder(info, file),
                _ => DescribeAutoencoder(info, file),
            };
        }
        catch (ModelFileException fault)
        {
            return info with { Problem = fault.Reason };
        }
    }

    private static ModelFileInfo DescribeTransformer(ModelFileInfo info, ComponentFile file)
    {
        RecognizedVariant variant = VariantRecognizer.Recognize(file);
        info = info with { Variant = variant.Variant, VariantEvidence = variant.Evidence, Recommended = RecommendedSettings.For(file, variant.Variant) };
        return Declare(info, file, weights => _ = new Transformer(weights));
    }

    private static ModelFileInfo DescribeTextEncoder(ModelFileInfo info, ComponentFile file)
    {
        info = info with { Tokenizer = TextEncoderVocabulary.Find(file.Checkpoint) };
        if (info.Tokenizer is null)
            info = info with { Problem = "it holds no vocabulary, and there is no tokenizer.json beside it" };
        info = info with { RopeTheta = TextEncoderSettings.Of(file).RopeTheta ?? Qwen3Config.TrainedRopeTheta };
        return Declare(info, file, weights => _ = new Qwen3TextEncoder(weights));
    }

    private static ModelFileInfo DescribeAutoencoder(ModelFileInfo info, ComponentFile file)
    {
        info = info with { HasEncoder = file.Has("encoder.conv_in.weight") };
        return Declare(info, file, weights => _ = new Autoencoder(weights));
    }

    // Lets the model declare its weights, which shows what is missing or wrong.
    private static ModelFileInfo Declare(ModelFileInfo info, ComponentFile file, Action<ModelWeights> build)
    {
        ModelWeights weights = ModelWeights.Inspect(file);
        try
        {
            build(weights);
            return info with { Missing = weights.Missing };
        }
        catch (TensorMissingException fault)
        {
            return info with { Missing = [.. weights.Missing, .. fault.Names] };
        }
        catch (ModelFileException fault)
        {
            return info with { Missing = weights.Missing, Problem = fault.Reason };
        }
    }
}
