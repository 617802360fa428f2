using ZImage.Engine.Checkpoints;
using ZImage.Engine.Synthetic;

namespace ZImage.Engine.Generation;

/// <summary>The three files of a model: diffusion transformer, Qwen3 text encoder, Flux autoencoder. Full paths.</summary>
public sealed record ModelFiles(string Diffusion, string TextEncoder, string Vae)
{
    /// <summary>What the model is called after: the transformer's file name without extension and shard number.</summary>
    public string Name => Synthetic is null ? ShardSet.ModelName(Diffusion) : SyntheticCheckpoints.Name;

    /// <summary>The tokenizer.json of the text encoder; null to take the one in or beside its file.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Random weights in memory that stand for the files, whose paths then are names alone; null for files. The session that is opened with them owns them.</summary>
    public SyntheticCheckpoints? Synthetic { get; private init; }

    public override string ToString() => Name;

    internal static ModelFiles Of(SyntheticCheckpoints checkpoints)
        => new(checkpoints[ComponentKind.Transformer].Path, checkpoints[ComponentKind.TextEncoder].Path, checkpoints[ComponentKind.Autoencoder].Path) { Synthetic = checkpoints };

    internal ComponentFile Open(ComponentKind kind) => Synthetic is { } checkpoints ? ComponentFile.From(checkpoints[kind], kind) : ComponentFile.Open(PathOf(kind), kind);

    private string PathOf(ComponentKind kind) => kind switch
    {
        ComponentKind.Transformer => Diffusion,
        ComponentKind.TextEncoder => TextEncoder,
        _ => Vae,
    };
}
