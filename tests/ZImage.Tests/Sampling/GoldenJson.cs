using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ZImage.Tests.Sampling;

/// <summary>The JSON files among the reference data.</summary>
internal static class GoldenJson
{
    /// <summary>The root of the repository: the nearest folder above the tests that holds ZImage.slnx.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>
    /// The path of a reference file. JSON numbers do not depend on a model's weights, so a folder of other weights may
    /// leave them out; then the repository's own file counts.
    /// </summary>
    public static string PathOf(string file)
    {
        string own = Path.Combine(RepositoryRoot, "tests", "golden", file);
        return Environment.GetEnvironmentVariable("ZIMAGE_GOLDEN_DIR") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, file))
            ? Path.Combine(folder, file)
            : own;
    }

    public static JsonElement Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(PathOf(file)));
        return document.RootElement.Clone();
    }

    public static float[] Floats(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetSingle())];

    // Binaries may lie outside the repository (--artifacts-path); then the source file leads there.
    private static string FindRoot([CallerFilePath] string sourceFile = "")
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, sourceFile])
        {
            for (string? folder = Path.GetDirectoryName(start); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "ZImage.slnx")))
                    return folder;
            }
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds ZImage.slnx.");
    }
}
