namespace ZImage.Engine.Checkpoints;

/// <summary>The three files of a model, found in a folder by what is in them.</summary>
public sealed record ModelFolder(string Path, string Transformer, string TextEncoder, string Autoencoder)
{
    /// <summary>Looks through the model files of a folder and of the folders directly in it; the shards of a model count as one file.</summary>
    /// <exception cref="ModelFileNotFoundException">There is no such folder.</exception>
    /// <exception cref="ModelFolderIncompleteException">A component has no file.</exception>
    /// <exception cref="ModelFolderAmbiguousException">A component has several; none is preferred.</exception>
    public static ModelFolder Find(string path)
    {
        string folder = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(folder))
            throw new ModelFileNotFoundException(folder, File.Exists(folder) ? "it is a file, and a folder is needed" : "there is no such folder");

        Dictionary<ComponentKind, List<string>> found = ComponentKinds.All.ToDictionary(kind => kind, _ => new List<string>());
        var passedOver = new List<string>();
        foreach (string file in ModelFiles(folder))
            Sort(file, found, passedOver);

        Dictionary<ComponentKind, IReadOnlyList<string>> ambiguous = found.Where(kind => kind.Value.Count > 1)
            .ToDictionary(kind => kind.Key, kind => (IReadOnlyList<string>)kind.Value);
        ComponentKind[] missing = [.. found.Where(kind => kind.Value.Count == 0).Select(kind => kind.Key)];
        if (missing.Length > 0)
            throw new ModelFolderIncompleteException(folder, missing, DescribeMissing(missing, found, passedOver));
        if (ambiguous.Count > 0)
            throw new ModelFolderAmbiguousException(folder, ambiguous);
        return new ModelFolder(folder, found[ComponentKind.Transformer][0], found[ComponentKind.TextEncoder][0], found[ComponentKind.Autoencoder][0]);
    }

    /// <summary>Whether a file may hold a model, by its extension.</summary>
    public static bool IsModelFile(string path) => ShardSet.Extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>The full paths of the model files in a folder and in the folders directly in it, sorted; of several shards the first that is there.</summary>
    /// <exception cref="ModelFileUnreadableException">The system does not let the folder be read.</exception>
    public static IReadOnlyList<string> ModelFiles(string folder)
    {
        // Hidden files are skipped: some systems leave hidden twins with the same extension.
        var options = new EnumerationOptions
        {
            IgnoreInaccessible = true,
            MatchCasing = MatchCasing.CaseInsensitive,
            RecurseSubdirectories = true,
            MaxRecursionDepth = 1,
        };
        try
        {
            return [.. Directory.GetFiles(folder, "*", options)
                .Where(IsModelFile)
                .Order(StringComparer.Ordinal)
                .DistinctBy(file => ShardSet.CommonName(file) ?? file)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileUnreadableException(folder, e.Message, e);
        }
    }

    private static void Sort(string file, Dictionary<ComponentKind, List<string>> found, List<string> passedOver)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(file);
            IReadOnlyList<RecognizedComponent> components = ComponentRecognizer.RecognizeAll(checkpoint);
            foreach (ComponentKind kind in components.Select(component => component.Kind).Distinct())
                found[kind].Add(file);
            if (components.Count == 0)
                passedOver.Add($"'{file}' is none of them: {ComponentRecognizer.Recognize(checkpoint).Evidence}");
        }
        catch (ModelFileException e)
        {
            passedOver.Add($"'{file}' cannot be used: {e.Reason}");
        }
    }

    private static string DescribeMissing(
        IReadOnlyList<ComponentKind> missing, Dictionary<ComponentKind, List<string>> found, IReadOnlyList<string> passedOver)
    {
        string text = $"no model file in it is a {string.Join(" or a ", missing.Select(kind => kind.Describe()))}";
        string present = string.Join(", ", found.SelectMany(kind => kind.Value.Select(file => $"'{file}' is a {kind.Key.Describe()}")));
        return string.Join("; ", new[] { text, present }.Concat(passedOver).Where(part => part.Length > 0));
    }
}
