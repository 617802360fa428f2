using System.Text.Json;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Sampling;

/// <summary>The JSON files among the reference data.</summary>
internal static class GoldenJson
{
    public static string RepositoryRoot => Repository.Root;

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
}
