using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// The files that belong to one checkpoint. A large one comes in numbered shards (<c>name-00001-of-00003.safetensors</c>, also with .gguf),
/// mostly with an index beside them (<c>name.safetensors.index.json</c>) that says which tensor is in which.
/// </summary>
internal static partial class ShardSet
{
    private const string IndexSuffix = ".safetensors.index.json";

    /// <summary>Extensions of the files that may hold a model.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".gguf", ".safetensors", ".sft"];

    public static bool IsIndex(string path) => path.EndsWith(IndexSuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The full paths of all files of the checkpoint that <paramref name="path"/> names: by its index, by any one of its shards, or as the
    /// only file.
    /// </summary>
    /// <exception cref="ModelShardMissingException">A shard is not there.</exception>
    /// <exception cref="ModelFileCorruptException">The index cannot be read as one.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        IReadOnlyList<string> files = IsIndex(path) ? [.. ReadIndex(path).Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : Numbered(path);
        string folder = Path.GetDirectoryName(path)!;
        string[] paths = [.. files.Select(file => Path.Combine(folder, file))];
        if (paths.Length > 1 || IsIndex(path))
        {
            string[] missing = [.. paths.Where(file => !File.Exists(file)).Select(file => Path.GetFileName(file))];
            if (missing.Length > 0)
                throw new ModelShardMissingException(path, missing);
        }
        return paths;
    }

    /// <summary>The name that all shards of one checkpoint have in common; null when the path names no shard.</summary>
    public static string? CommonName(string path)
        => ShardName().Match(Path.GetFileName(path)) is { Success: true } match
            ? Path.Combine(Path.GetDirectoryName(path) ?? "", match.Groups["name"].Value + "-*-of-" + match.Groups["count"].Value + match.Groups["extension"].Value)
            : null;

    /// <summary>The file name without extension, shard number or index.</summary>
    public static string ModelName(string path)
        => IsIndex(path) ? Path.GetFileName(path)[..^IndexSuffix.Length]
            : ShardName().Match(Path.GetFileName(path)) is { Success: true } match ? match.Groups["name"].Value
            : Path.GetFileNameWithoutExtension(path);

    /// <summary>Which file holds which tensor, by the index.</summary>
    public static IReadOnlyDictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            var files = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty tensor in json.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                string file = tensor.Value.GetString() ?? "";
                // An index must not lead out of its folder.
                if (file.Length == 0 || file is "." or ".." || file.AsSpan().IndexOfAny('/', '\\', ':') >= 0)
                    throw new ModelFileCorruptException(path, $"it places the tensor '{tensor.Name}' in the file '{file}'");
                files[tensor.Name] = file;
            }
            return files.Count > 0 ? files : throw new ModelFileCorruptException(path, "it names no tensors");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModelFileCorruptException(path, $"it is not the index of a sharded model: {e.Message}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileNotFoundException(path, "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileUnreadableException(path, e.Message, e);
        }
    }

    private static IReadOnlyList<string> Numbered(string path)
    {
        string own = Path.GetFileName(path);
        Match match = ShardName().Match(own);
        if (!match.Success || int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) is not (> 1 and var count))
            return [own];
        return [.. Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture,
            $"{match.Groups["name"].Value}-{number:00000}-of-{count:00000}{match.Groups["extension"].Value}"))];
    }

    [GeneratedRegex(@"^(?<name>.+)-(?<number>\d{5})-of-(?<count>\d{5})(?<extension>\.\w+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();
}
