namespace ZImage.Engine.Generation;

/// <summary>The three files of a model: diffusion transformer, Qwen3 text encoder, Flux autoencoder. Full paths.</summary>
public sealed record ModelFiles(string Diffusion, string TextEncoder, string Vae);
