namespace ZImage.Engine.Downloads;

/// <summary>A file of a hub that lies on this machine.</summary>
public sealed record DownloadedFile
{
    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>Owner and name of the repository it comes from.</summary>
    public required string Repository { get; init; }

    /// <summary>Path in the repository.</summary>
    public required string File { get; init; }

    /// <summary>Branch, tag or commit, as it was asked for.</summary>
    public required string Revision { get; init; }

    /// <summary>Length in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the contents in lower-case hexadecimal; null where the file was found and never checked.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>Whether the checksum was compared with one that the catalogue, the hub or the caller gave.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Whether it was there already, so that nothing was downloaded.</summary>
    public bool FromCache { get; init; }

    /// <summary>Bytes that came over the network; fewer than <see cref="Bytes"/> where a download was taken up again.</summary>
    public long ReceivedBytes { get; init; }

    public override string ToString() => Path;
}

/// <summary>A model of the catalogue that lies on this machine: the properties are what <c>Import-ZModel</c> takes.</summary>
public sealed record DownloadedModel
{
    /// <summary>Name in the catalogue.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of the transformer.</summary>
    public required string Diffusion { get; init; }

    /// <summary>Full path of the text encoder.</summary>
    public required string TextEncoder { get; init; }

    /// <summary>Full path of the autoencoder.</summary>
    public required string Vae { get; init; }

    /// <summary>The three files, with lengths and checksums.</summary>
    public required IReadOnlyList<DownloadedFile> Files { get; init; }

    /// <summary>Length of all files in bytes.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Bytes that came over the network.</summary>
    public long ReceivedBytes => Files.Sum(file => file.ReceivedBytes);

    /// <summary>Whether all files were there already.</summary>
    public bool FromCache => Files.All(file => file.FromCache);

    internal static DownloadedModel Of(ModelSet set, IReadOnlyList<DownloadedFile> files)
        => new() { Name = set.Name, Diffusion = files[0].Path, TextEncoder = files[1].Path, Vae = files[2].Path, Files = files };

    public override string ToString() => Name;
}
