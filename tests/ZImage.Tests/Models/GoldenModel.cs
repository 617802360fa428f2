using ZImage.Engine.Checkpoints;
using ZImage.Tests.Demo;

namespace ZImage.Tests.Models;

/// <summary>The three files that whole-model cases were computed with.</summary>
internal sealed record GoldenModel(ComponentFile Transformer, ComponentFile TextEncoder, ComponentFile Autoencoder) : IDisposable
{
    /// <summary>Coarsest precision of the three.</summary>
    public WeightPrecision Precision(string device) => new[] { Transformer, TextEncoder, Autoencoder }.Max(file => GoldenFile.Precision(file, device));

    /// <summary>The demo model for its own cases; else the files beside the cases.</summary>
    public static GoldenModel For(string casesPath)
    {
        if (Path.GetFileName(casesPath).StartsWith("demo", StringComparison.Ordinal))
            return Open(DemoModel.Files.Diffusion, DemoModel.Files.TextEncoder, DemoModel.Files.Vae);
        string folder = Path.GetDirectoryName(casesPath)!;
        // e2e-cases belongs to dit-*, e2e-NAME-cases to dit-NAME where that exists.
        string suffix = Path.GetFileName(casesPath)["e2e".Length..].Replace("-cases.gguf", "", StringComparison.Ordinal);
        string Model(string prefix)
        {
            string[] all = [.. Directory.GetFiles(folder, prefix + "-*.gguf").Where(f => !f.EndsWith("-cases.gguf", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
            return all.FirstOrDefault(f => suffix.Length > 0 && Path.GetFileNameWithoutExtension(f) == prefix + suffix)
                ?? all.FirstOrDefault(f => Path.GetFileNameWithoutExtension(f) == prefix + "-tiny")
                ?? Assert.Single(all);
        }
        return Open(Model("dit"), Model("qwen3"), Model("vae"));
    }

    public void Dispose()
    {
        Transformer.Dispose();
        TextEncoder.Dispose();
        Autoencoder.Dispose();
    }

    private static GoldenModel Open(string transformer, string textEncoder, string autoencoder) => new(
        ComponentFile.Open(transformer, ComponentKind.Transformer),
        ComponentFile.Open(textEncoder, ComponentKind.TextEncoder),
        ComponentFile.Open(autoencoder, ComponentKind.Autoencoder));
}
