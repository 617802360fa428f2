namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>
/// One way in which files name the tensors of a component. A dialect says by which tensors it is recognised and turns a
/// stored name into the canonical one, by which the models ask for it.
/// </summary>
internal abstract class TensorDialect
{
    /// <summary>Every dialect that is read, in the order in which they are tried.</summary>
    public static IReadOnlyList<TensorDialect> All { get; } =
    [
        new ZImageSplitDialect(), new ZImageFusedDialect(),
        new Qwen3LlamaCppDialect(), new Qwen3HuggingFaceDialect(),
        new CompVisAutoencoderDialect(), new DiffusersAutoencoderDialect(),
    ];

    /// <summary>Short name for people.</summary>
    public abstract string Name { get; }

    public abstract ComponentKind Kind { get; }

    /// <summary>What may stand before every name of the component.</summary>
    public virtual IReadOnlyList<string> Prefixes => [""];

    /// <summary>
    /// Beginnings of stored names, without prefix, of which each is there; a <c>*</c> stands for a block number. A whole family
    /// of names is asked for, so that a file in which one tensor is missing is still recognised and the fault can name it.
    /// </summary>
    public abstract IReadOnlyList<string> Signature { get; }

    /// <summary>Beginnings of stored names that belong to other models with the same signature.</summary>
    public virtual IReadOnlyList<string> Contradictions => [];

    /// <summary>The canonical name for a stored one (without prefix); null for a tensor that no model uses.</summary>
    public virtual string? Canonical(string stored) => stored;

    /// <summary><see cref="Canonical"/> for a file with these names (without prefix), where a name alone does not tell.</summary>
    public virtual Func<string, string?> Mapping(IEnumerable<string> names) => Canonical;

    /// <summary>Whether the checkpoint speaks this dialect: with which prefix, and one tensor for each part of the signature.</summary>
    public DialectMatch? Match(Checkpoint checkpoint)
    {
        foreach (string prefix in Prefixes)
        {
            string?[] witnesses = [.. Signature.Select(beginning => FirstWith(checkpoint, prefix, beginning))];
            if (witnesses.All(name => name is not null) && Contradictions.All(beginning => FirstWith(checkpoint, prefix, beginning) is null))
                return new DialectMatch(this, prefix, witnesses!);
        }
        return null;
    }

    private static string? FirstWith(Checkpoint checkpoint, string prefix, string beginning)
        => checkpoint.Tensors.Keys.FirstOrDefault(name =>
            name.StartsWith(prefix, StringComparison.Ordinal) && BeginsWith(name.AsSpan(prefix.Length), beginning));

    private static bool BeginsWith(ReadOnlySpan<char> name, ReadOnlySpan<char> beginning)
    {
        int star = beginning.IndexOf('*');
        if (star < 0)
            return name.StartsWith(beginning, StringComparison.Ordinal);
        if (!name.StartsWith(beginning[..star], StringComparison.Ordinal))
            return false;
        ReadOnlySpan<char> rest = name[star..].TrimStart("0123456789");
        return rest.Length < name.Length - star && rest.StartsWith(beginning[(star + 1)..], StringComparison.Ordinal);
    }
}

/// <summary>A dialect found in a file, with the prefix there and the stored names that show it.</summary>
internal sealed record DialectMatch(TensorDialect Dialect, string Prefix, IReadOnlyList<string> Witnesses);
