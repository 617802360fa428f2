using System.Text.Json;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Text;

namespace ZImage.Tests.Checkpoints;

/// <summary>The tensors of one of the small golden models as floats, to be written under other names and in other types.</summary>
internal sealed class TinyTensors(IEnumerable<TinyTensor> tensors)
{
    private readonly TinyTensor[] _tensors = [.. tensors];

    public static TinyTensors Transformer => Read("dit-tiny.gguf");

    public static TinyTensors TextEncoder => Read("qwen3-tiny.gguf");

    public static TinyTensors Autoencoder => Read("vae-tiny.gguf");

    public static string GoldenFile(string name) => Path.Combine(GoldenFolder.Path, name);

    public TinyTensors Each(Func<TinyTensor, IEnumerable<TinyTensor>> change) => new(_tensors.SelectMany(change));

    public TinyTensors Each(Func<TinyTensor, TinyTensor> change) => new(_tensors.Select(change));

    public TinyTensors Rename(Func<string, string> rename) => Each(tensor => tensor with { Name = rename(tensor.Name) });

    public TinyTensors Where(Func<TinyTensor, bool> keep) => new(_tensors.Where(keep));

    public TinyTensors With(TinyTensor more) => new([.. _tensors, more]);

    public IEnumerable<string> Names => _tensors.Select(tensor => tensor.Name);

    public TinyTensor this[string name] => _tensors.Single(tensor => tensor.Name == name);

    /// <summary>Writes a GGUF file; the metadata of a golden file may come along.</summary>
    public string WriteGguf(string path, string type, string? metadataOf = null, params (string Key, object Value)[] more)
    {
        var writer = new GgufWriter();
        if (metadataOf is not null)
            CopyMetadata(metadataOf, writer, more);
        foreach ((string key, object value) in more)
            writer.AddMetadata(key, value);
        foreach (TinyTensor tensor in _tensors)
            writer.AddTensor(tensor.Name, TypeNumber(type), tensor.Shape, Encode(type, tensor.Values));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        writer.Write(path);
        return path;
    }

    public SafetensorsWriter Safetensors(string type)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        foreach (TinyTensor tensor in _tensors)
            writer.AddTensor(tensor.Name, tensor.Type ?? type, tensor.Shape, Encode(tensor.Type ?? type, tensor.Values));
        return writer;
    }

    public string WriteSafetensors(string path, string type, int padding = 0)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Safetensors(type).Write(path, padding);
        return path;
    }

    /// <summary>The vocabulary of the small text encoder in the form of Hugging Face.</summary>
    public static void WriteTokenizer(string path)
    {
        using Checkpoint golden = Checkpoint.Open(GoldenFile("qwen3-tiny.gguf"));
        TokenizerVocabulary vocabulary = GgufVocabulary.Read(golden);
        var numbered = vocabulary.Tokens.Select((token, id) => (token, id, added: TokenType.IsAdded(vocabulary.TokenTypes[id]))).ToList();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(new
        {
            added_tokens = numbered.Where(t => t.added).Select(t => new { t.id, content = t.token, special = true }),
            model = new { type = "BPE", vocab = numbered.Where(t => !t.added).ToDictionary(t => t.token, t => t.id), merges = vocabulary.Merges },
        }));
    }

    private static TinyTensors Read(string name)
    {
        using Checkpoint golden = Checkpoint.Open(GoldenFile(name));
        return new TinyTensors([.. golden.Tensors.Values.Select(tensor =>
        {
            var values = new float[tensor.Elements];
            tensor.Decode(0, values);
            return new TinyTensor(tensor.Name, [.. tensor.Shape], values);
        })]);
    }

    private static void CopyMetadata(string golden, GgufWriter writer, IEnumerable<(string Key, object Value)> replaced)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFile(golden));
        CheckpointMetadata metadata = checkpoint.Metadata;
        foreach (string key in metadata.Keys.Where(key => !key.StartsWith("golden.", StringComparison.Ordinal)).Except(replaced.Select(pair => pair.Key)))
        {
            foreach (Func<string, object?> read in (Func<string, object?>[])[metadata.GetString, k => metadata.GetInt64(k) is { } n ? (uint)n : null, k => metadata.GetSingle(k), k => metadata.GetBoolean(k), metadata.GetStrings, metadata.GetInt32s])
            {
                try
                {
                    if (read(key) is { } value)
                    {
                        writer.AddMetadata(key, value);
                        break;
                    }
                }
                catch (ModelFileCorruptException)
                {
                    // Of another kind: the next reader may know it.
                }
            }
        }
    }

    private static int TypeNumber(string type) => type switch
    {
        "F32" => TensorEncoding.TypeF32,
        "F16" => TensorEncoding.TypeF16,
        "BF16" => TensorEncoding.TypeBF16,
        "Q8_0" => TensorEncoding.TypeQ8_0,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of GGUF."),
    };

    private static byte[] Encode(string type, float[] values) => type switch
    {
        "F8_E4M3" => Float8.Encode(StoredType.Float8E4M3, values),
        "F8_E5M2" => Float8.Encode(StoredType.Float8E5M2, values),
        _ => TensorEncoding.Encode(TypeNumber(type), values),
    };
}

/// <summary>A tensor as floats; its shape fastest axis first, and its type where it differs from the rest of the file.</summary>
internal sealed record TinyTensor(string Name, long[] Shape, float[] Values, string? Type = null);
