using System.Text.Json;

namespace ZImage.Engine.Downloads;

/// <summary>Three files of hubs that make a model, under one name.</summary>
public sealed record ModelSet(string Name, string Description, HubFile Diffusion, HubFile TextEncoder, HubFile Vae)
{
    public IReadOnlyList<HubFile> Files { get; } = [Diffusion, TextEncoder, Vae];

    /// <summary>Length of all files together.</summary>
    public long Bytes => Files.Sum(file => file.Bytes ?? 0);

    /// <summary>Where the files lie once they are downloaded.</summary>
    /// <exception cref="ModelNotDownloadedException">Some are not there.</exception>
    public DownloadedModel Find()
    {
        HubFile[] missing = [.. Files.Where(file => !ModelStore.IsThere(file))];
        return missing.Length == 0 ? DownloadedModel.Of(this, [.. Files.Select(ModelStore.Describe)]) : throw new ModelNotDownloadedException(Name, missing);
    }
}

/// <summary>The sets that can be downloaded by name.</summary>
public sealed class ModelCatalogue
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private ModelCatalogue(IReadOnlyList<ModelSet> sets) => Sets = sets;

    public IReadOnlyList<ModelSet> Sets { get; }

    /// <exception cref="ModelNotInCatalogueException">No set has the name.</exception>
    public ModelSet this[string name]
        => Sets.FirstOrDefault(set => set.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new ModelNotInCatalogueException(name, Sets.Select(set => set.Name));

    /// <summary>Reads a catalogue: files by key, and sets that name three keys each.</summary>
    /// <exception cref="ModelCatalogueUnreadableException">The file is missing or says something else.</exception>
    public static ModelCatalogue Load(string path)
    {
        try
        {
            Contents contents = JsonSerializer.Deserialize<Contents>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It is empty.");
            return new ModelCatalogue([.. contents.Sets.Select(set => new ModelSet(
                set.Name, set.Description, contents.Files[set.Diffusion], contents.Files[set.TextEncoder], contents.Files[set.Vae]))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidHubFileException)
        {
            throw new ModelCatalogueUnreadableException(path, e.Message, e);
        }
    }

    private sealed record Contents(Dictionary<string, HubFile> Files, IReadOnlyList<Entry> Sets);

    private sealed record Entry(string Name, string Description, string Diffusion, string TextEncoder, string Vae);
}
