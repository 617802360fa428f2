namespace ZImage.Engine.Checkpoints;

/// <summary>A file holds another component than it was given for. ErrorId <c>WrongComponent</c>.</summary>
public sealed class WrongComponentException(string path, ComponentKind expected, ComponentKind found, string evidence)
    : ModelFileException("WrongComponent", path, evidence,
        $"The file '{path}' was given as the {expected.Describe()}, "
            + $"but it is {(found == ComponentKind.Unknown ? "none" : $"a {found.Describe()}")}: {evidence}.",
        $"Give the file of the {expected.Describe()} in its place; Get-ZModel -Path says what a file holds.")
{
    public ComponentKind Expected { get; } = expected;

    public ComponentKind Found { get; } = found;
}

/// <summary>A folder lacks a component of the model. ErrorId <c>ModelFolderIncomplete</c>.</summary>
public sealed class ModelFolderIncompleteException(string path, IReadOnlyList<ComponentKind> missing, string reason)
    : ModelFileException("ModelFolderIncomplete", path, reason, $"The model folder '{path}' is not complete: {reason}.",
        "Put the missing file into the folder or a folder in it, or name the three files with -Diffusion, -TextEncoder and -Vae; Get-ZModel -Path says what each file is.")
{
    public IReadOnlyList<ComponentKind> Missing { get; } = missing;
}

/// <summary>A folder holds several files for one component. ErrorId <c>ModelFolderAmbiguous</c>.</summary>
public sealed class ModelFolderAmbiguousException(string path, IReadOnlyDictionary<ComponentKind, IReadOnlyList<string>> candidates)
    : ModelFileException("ModelFolderAmbiguous", path, Describe(candidates),
        $"The model folder '{path}' leaves a choice: {Describe(candidates)}.",
        "Name the three files with -Diffusion, -TextEncoder and -Vae, or give a folder with one file of each kind.")
{
    /// <summary>The kinds with more than one file, with the full paths of those files.</summary>
    public IReadOnlyDictionary<ComponentKind, IReadOnlyList<string>> Candidates { get; } = candidates;

    private static string Describe(IReadOnlyDictionary<ComponentKind, IReadOnlyList<string>> candidates)
        => string.Join("; ", candidates.Select(kind =>
            $"{kind.Value.Count} files are a {kind.Key.Describe()} ({string.Join(", ", kind.Value.Select(file => $"'{file}'"))})"));
}
