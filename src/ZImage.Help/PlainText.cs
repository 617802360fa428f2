using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ZImage.Help;

/// <summary>Markdown as the texts that a console shows.</summary>
internal static class PlainText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();

    public static MarkdownDocument Parse(string path) => Markdown.Parse(File.ReadAllText(path), Pipeline);

    /// <summary>The text of a heading, a paragraph or a cell, in one line.</summary>
    public static string Of(LeafBlock block) => block.Inline is null ? "" : Of(block.Inline).Trim();

    public static string Of(TableCell cell) => string.Join(' ', cell.OfType<LeafBlock>().Select(Of));

    /// <summary>The lines of a code block.</summary>
    public static string Of(CodeBlock code) => code.Lines.ToString().TrimEnd();

    /// <summary>Paragraphs, each in one line but for code; an item of a list begins with a dash.</summary>
    public static IEnumerable<string> Paragraphs(IEnumerable<Block> blocks) => blocks.SelectMany(block => block switch
    {
        CodeBlock code => [Of(code)],
        LeafBlock leaf => [Of(leaf)],
        ListBlock list => list.Cast<ListItemBlock>().SelectMany(Item),
        _ => throw new HelpPageException([$"A {block.GetType().Name} in line {block.Line + 1} has no form in a console."]),
    });

    private static IEnumerable<string> Item(ListItemBlock item) => Paragraphs(item).Select((text, i) => i == 0 ? $"- {text}" : text);

    private static string Of(Inline inline) => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        LineBreakInline => " ",
        // The address of a page on the web is part of what is said; that of another page of the help is not.
        LinkInline { Url: { } url } link when url.Contains("://", StringComparison.Ordinal) => $"{Of((ContainerInline)link)} ({url})",
        ContainerInline container => string.Concat(container.Select(Of)),
        HtmlEntityInline entity => entity.Transcoded.ToString(),
        _ => throw new HelpPageException([$"A {inline.GetType().Name} in line {inline.Line + 1} has no form in a console."]),
    };
}
