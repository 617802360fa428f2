namespace ZImage.PowerShell.Completion;

/// <summary>Completes sizes of tiles.</summary>
public sealed class TileSizeCompleter : NameCompleter
{
    private static readonly (string Name, string ToolTip)[] Sizes =
    [
        ("auto", "The largest usual size that fits"),
        ("256", "Little memory, many seams"),
        ("512", "The usual size"),
        ("1024", "Few seams"),
    ];

    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Sizes;
}
