using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Generation;

/// <summary>The three files of a model: diffusion transformer, Qwen3 text encoder, Flux autoencoder. Full paths.</summary>
public sealed record ModelFiles(string Diffusion, string TextEncoder, string Vae)
{
    /// <summary>What the model is called after: the transformer's file name without extension and shard number.</summary>
    public string Name => ShardSet.ModelName(Diffusion);

    /// <summary>The tokenizer.json of the text encoder; null to take the one in or beside its file.</summary>
    public string? Tokenizer { get; init; }
}
