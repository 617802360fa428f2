namespace ZImage.Engine.Imaging;

/// <summary>What a <see cref="FileNameTemplate"/> is filled with.</summary>
public sealed record FileNameValues
{
    public long Seed { get; init; }

    /// <summary>Number of the image in its run, from 0.</summary>
    public int Index { get; init; }

    public string Prompt { get; init; } = "";

    public int Width { get; init; }

    public int Height { get; init; }

    public int Steps { get; init; }

    /// <summary>When the image was made; gives date and time.</summary>
    public DateTime Time { get; init; }

    /// <summary>Name of the model.</summary>
    public string Model { get; init; } = "";
}
