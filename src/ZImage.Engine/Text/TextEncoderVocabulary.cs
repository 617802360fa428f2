using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Text;

/// <summary>
/// Finds the vocabulary of a text encoder: in the file itself (GGUF), as <c>tokenizer.json</c> beside it, or in a folder <c>tokenizer</c> beside its
/// folder, as model repositories have it.
/// </summary>
public static class TextEncoderVocabulary
{
    private const string FileName = "tokenizer.json";
    private const string FolderName = "tokenizer";

    /// <summary>The file that holds the vocabulary; null when there is none.</summary>
    public static string? Find(Checkpoint textEncoder)
    {
        if (textEncoder.Metadata.Contains("tokenizer.ggml.tokens"))
            return textEncoder.Path;
        string folder = Path.GetDirectoryName(textEncoder.Path)!;
        string beside = Path.GetDirectoryName(folder) ?? folder;
        string[] places = [Path.Combine(folder, FileName), Path.Combine(folder, FolderName, FileName), Path.Combine(beside, FolderName, FileName)];
        return places.FirstOrDefault(File.Exists);
    }

    /// <param name="textEncoder">The text encoder.</param>
    /// <param name="given">The tokenizer.json to take; null to find one.</param>
    /// <exception cref="InvalidTokenizerException">There is none, or it cannot be used.</exception>
    /// <exception cref="ModelFileException">It is not there, or the system does not let it be read.</exception>
    public static TokenizerVocabulary Read(Checkpoint textEncoder, string? given = null)
    {
        string source = given ?? Find(textEncoder) ?? throw new InvalidTokenizerException(
            $"The file holds no vocabulary, and there is no {FileName} beside it.", textEncoder.Path);
        if (source == textEncoder.Path)
            return GgufVocabulary.Read(textEncoder);
        try
        {
            return TokenizerJson.Read(source);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileNotFoundException(source, "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileUnreadableException(source, e.Message, e);
        }
    }
}
