using ZImage.Engine.Checkpoints;
using ZImage.Engine.Synthetic;
using ZImage.Engine.Text;

namespace ZImage.Bench;

/// <summary>
/// Three files of random weights with the names and shapes of Z-Image. All sizes are such that stable-diffusion.cpp takes them, too: heads of 128,
/// at least one refiner, 36 blocks in the text encoder with 32 query and 8 key/value heads, Qwen3's vocabulary, and an autoencoder whose encoder has
/// the published width.
/// </summary>
internal static class ModelSet
{
    private const ulong Seed = 1;
    private const long FreeBytes = 1L << 30;

    private static readonly SyntheticSizes s_tiny = new(2, 1, 256, 2, 36, 128, 256, 32, 8, 128, 151936, 32) { EncoderChannels = 128 };
    private static readonly SyntheticSizes s_small = new(4, 2, 1152, 9, 36, 256, 512, 32, 8, 128, 151936, 128);

    /// <summary>Writes those of the files into a folder that are not there.</summary>
    /// <param name="size">tiny, small or full.</param>
    /// <param name="folder">Where to; it is made.</param>
    /// <param name="tokenizer">The tokenizer.json of Qwen3.</param>
    /// <exception cref="IOException">The disk has no room.</exception>
    public static void Write(string size, string folder, string tokenizer)
    {
        SyntheticSizes sizes = size switch
        {
            "tiny" => s_tiny,
            "small" => s_small,
            "full" => SyntheticSizes.Full,
            _ => throw new ArgumentException($"There is no size '{size}'; there are tiny, small and full.", nameof(size)),
        };
        (string Name, Func<SyntheticComponent> Make)[] files =
        [
            ("z-image-q8_0.gguf", () => new SyntheticTransformer(sizes)),
            ("qwen3-q8_0.gguf", () => new SyntheticTextEncoder(sizes) { Vocabulary = ReadVocabulary(tokenizer, sizes.Vocabulary) }),
            ("ae-f16.gguf", () => new SyntheticAutoencoder(sizes)),
        ];
        files = [.. files.Where(file => !File.Exists(Path.Combine(folder, file.Name)))];
        if (files.Length == 0)
            return;
        Directory.CreateDirectory(folder);
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < sizes.Bytes + FreeBytes)
            throw new IOException(FormattableString.Invariant($"The {size} model takes {sizes.Bytes / 1e9:F1} GB in '{folder}', where {free / 1e9:F1} GB are free. Name a folder with such files by -ModelFolder."));
        var random = new RandomValues(Seed);
        foreach ((string name, Func<SyntheticComponent> make) in files)
            Write(Path.Combine(folder, name), make(), random);
    }

    private static void Write(string path, SyntheticComponent component, RandomValues random)
    {
        GgufWriter writer = component.Describe();
        string unfinished = path + ".new";
        using (FileStream file = File.Create(unfinished))
        {
            writer.WriteHeader(file);
            foreach (SyntheticTensor tensor in component.Tensors)
            {
                foreach ((long start, int bytes) in RandomValues.Pieces(tensor))
                    file.Write(random.Draw(tensor, start, bytes));
                file.Write(new byte[-tensor.Bytes & (GgufWriter.Alignment - 1)]);
            }
        }
        File.Move(unfinished, path, overwrite: true);
    }

    // As files of llama.cpp have it: one token for each row of the embedding table.
    private static TokenizerVocabulary ReadVocabulary(string tokenizer, int rows)
    {
        TokenizerVocabulary read = TokenizerJson.Read(tokenizer);
        int missing = rows - read.Tokens.Count;
        return read with
        {
            Tokens = [.. read.Tokens.Select(NameOf), .. Enumerable.Range(read.Tokens.Count, missing).Select(Padding)],
            TokenTypes = [.. read.TokenTypes, .. Enumerable.Repeat(TokenType.Unused, missing)],
        };

        static string NameOf(string token, int id) => token.Length > 0 ? token : Padding(id);
        static string Padding(int id) => $"[PAD{id}]";
    }
}
