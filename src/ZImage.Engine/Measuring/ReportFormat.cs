namespace ZImage.Engine.Measuring;

/// <summary>What a report is written as.</summary>
public enum ReportFormat
{
    /// <summary>Markdown with tables.</summary>
    Markdown,

    /// <summary>One page with drawings, which fetches nothing.</summary>
    Html,
}

public static class ReportFormats
{
    /// <summary>The extensions that stand for a format.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".md", ".markdown", ".html", ".htm"];

    /// <summary>The format that an extension stands for; null for others.</summary>
    public static ReportFormat? FromPath(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".md" or ".markdown" => ReportFormat.Markdown,
        ".html" or ".htm" => ReportFormat.Html,
        _ => null,
    };

    /// <summary>The usual extension of a format.</summary>
    public static string Extension(this ReportFormat format) => format == ReportFormat.Html ? ".html" : ".md";
}
