namespace ZImage.Engine.Checkpoints;

/// <summary>The parts that draw an image together.</summary>
public enum ComponentKind
{
    Unknown,
    Transformer,
    TextEncoder,
    Autoencoder,
}

public static class ComponentKinds
{
    /// <summary>The three parts of a model.</summary>
    public static IReadOnlyList<ComponentKind> All { get; } = [ComponentKind.Transformer, ComponentKind.TextEncoder, ComponentKind.Autoencoder];

    /// <summary>What the part is called in messages.</summary>
    public static string Describe(this ComponentKind kind) => kind switch
    {
        ComponentKind.Transformer => "Z-Image transformer",
        ComponentKind.TextEncoder => "Qwen3 text encoder",
        ComponentKind.Autoencoder => "Flux autoencoder (VAE)",
        _ => "file of unknown contents",
    };
}
