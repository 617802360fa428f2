using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// A model file, or all shards of one, mapped into memory: metadata and named tensors. Opening reads headers only, and every length in them is
/// checked against the files, so no later access can leave a mapping.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly IReadOnlyList<ShardHeader> _shards;
    private readonly Lazy<string> _fingerprint;

    private Checkpoint(string path, IReadOnlyList<ShardHeader> shards)
    {
        _shards = shards;
        Path = path;
        Format = shards[0].Format;
        Metadata = shards[0].Metadata;
        Tensors = shards.Count == 1 ? shards[0].Tensors : Merge(shards);
        _fingerprint = new Lazy<string>(() => CheckpointFingerprint.Compute(shards));
    }

    /// <summary>Full path it was opened by: of the file, of the index, or of one shard.</summary>
    public string Path { get; }

    /// <summary>The mapped files, the shards in order.</summary>
    public IReadOnlyList<MappedFile> Files => [.. _shards.Select(shard => shard.File)];

    /// <summary>The file format with its version, for example <c>GGUF v3</c> or <c>safetensors</c>.</summary>
    public string Format { get; }

    /// <summary>The metadata of the first file.</summary>
    public CheckpointMetadata Metadata { get; }

    /// <summary>The tensors by stored name, in the order of the files.</summary>
    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>Length of all files in bytes.</summary>
    public long Length => _shards.Sum(shard => shard.File.Length);

    /// <summary>
    /// Identity of the contents as 64 hex digits: SHA-256 over header, length and samples of the data.
    /// It is not the SHA-256 of the file. Computed at the first use, in milliseconds for any size.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>Opens a GGUF file of version 2 or 3 or a safetensors file; by a shard or an index, all shards.</summary>
    /// <exception cref="ModelFileException">One of its kinds: not found, unreadable, not a model, unsupported form, truncated, corrupt, a shard missing.</exception>
    public static Checkpoint Open(string path)
    {
        var shards = new List<ShardHeader>();
        MappedFile? file = null;
        try
        {
            string full = FullPath(path);
            foreach (string part in ShardSet.Find(full))
            {
                file = Map(part);
                shards.Add(ShardHeader.Read(file));
                file = null;
            }
            return new Checkpoint(full, shards);
        }
        catch
        {
            file?.Dispose();
            shards.ForEach(shard => shard.File.Dispose());
            throw;
        }
    }

    /// <summary>A model file that lies in memory, which the result owns from here on.</summary>
    /// <exception cref="ModelFileException">It is no model, or a damaged one; the memory stays the caller's.</exception>
    internal static Checkpoint Of(MemoryFile file) => new(file.Path, [ShardHeader.Read(file)]);

    public void Dispose()
    {
        foreach (ShardHeader shard in _shards)
            shard.File.Dispose();
    }

    private static OrderedDictionary<string, CheckpointTensor> Merge(IReadOnlyList<ShardHeader> shards)
    {
        var all = new OrderedDictionary<string, CheckpointTensor>();
        foreach (CheckpointTensor tensor in shards.SelectMany(shard => shard.Tensors.Values))
        {
            if (!all.TryAdd(tensor.Name, tensor))
                throw new ModelFileCorruptException(tensor.File.Path, $"the tensor '{tensor.Name}' is in '{System.IO.Path.GetFileName(all[tensor.Name].File.Path)}' too");
        }
        return all;
    }

    private static string FullPath(string path)
    {
        try
        {
            return System.IO.Path.GetFullPath(path);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or IOException)
        {
            throw new ModelFileUnreadableException(path, e.Message, e);
        }
    }

    private static MappedFile Map(string path)
    {
        if (Directory.Exists(path))
            throw new ModelFileNotFoundException(path, "it is a folder, and a file is needed");
        try
        {
            return MappedFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileNotFoundException(path, "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFileUnreadableException(path, e.Message, e);
        }
    }
}
