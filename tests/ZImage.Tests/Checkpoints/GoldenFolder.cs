using ZImage.Tests.Sampling;

namespace ZImage.Tests.Checkpoints;

/// <summary>The GGUF files among the reference data.</summary>
internal static class GoldenFolder
{
    public static string Path => Environment.GetEnvironmentVariable("ZIMAGE_GOLDEN_DIR") is { Length: > 0 } folder
        ? folder
        : System.IO.Path.Combine(GoldenJson.RepositoryRoot, "tests", "golden");

    /// <summary>Every GGUF file of the folder.</summary>
    public static TheoryData<string> ModelFiles => [.. Names("*.gguf")];

    /// <summary>The files whose names tell what they are.</summary>
    public static TheoryData<string> NamedModelFiles => [.. Names("dit*.gguf"), .. Names("qwen3*.gguf"), .. Names("vae*.gguf")];

    private static IEnumerable<string> Names(string pattern)
        => Directory.GetFiles(Path, pattern).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal);
}
