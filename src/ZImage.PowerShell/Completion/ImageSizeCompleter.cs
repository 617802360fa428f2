namespace ZImage.PowerShell.Completion;

/// <summary>Completes common image sizes.</summary>
public sealed class ImageSizeCompleter : NameCompleter
{
    private static readonly (string Name, string ToolTip)[] Sizes =
    [
        ("512x512", "Square, quick"),
        ("768x768", "Square"),
        ("1024x1024", "Square, what Z-Image is made for"),
        ("1024x768", "Landscape 4:3"),
        ("768x1024", "Portrait 3:4"),
        ("1280x720", "Landscape 16:9"),
        ("720x1280", "Portrait 9:16"),
        ("1536x1024", "Landscape 3:2"),
        ("1024x1536", "Portrait 2:3"),
    ];

    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Sizes;
}
