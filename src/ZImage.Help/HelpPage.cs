using Markdig.Syntax;

namespace ZImage.Help;

/// <summary>A part of a page under a heading: paragraphs of text.</summary>
internal sealed record HelpEntry(string Title, IReadOnlyList<string> Text);

/// <summary>An example: the command, and what is to say of it.</summary>
internal sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

/// <summary>The page of a cmdlet in Module/docs: prose only, what the compiler knows comes from the cmdlet.</summary>
internal sealed record HelpPage(
    string Name,
    string Synopsis,
    IReadOnlyList<string> Description,
    IReadOnlyList<HelpExample> Examples,
    IReadOnlyList<HelpEntry> Parameters,
    IReadOnlyList<HelpEntry> Inputs,
    IReadOnlyList<HelpEntry> Outputs,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Links)
{
    private static readonly string[] Sections = ["Description", "Examples", "Parameters", "Inputs", "Outputs", "Notes", "Links"];

    /// <exception cref="HelpPageException">The page has another form.</exception>
    public static HelpPage Read(string path)
    {
        string file = Path.GetFileName(path);
        List<(string Title, List<Block> Blocks)> parts = Split(PlainText.Parse(path), 1);
        if (parts is not [var (name, page)] || file != $"{name}.md")
            throw new HelpPageException([$"{file}: the page begins with its name as the only heading of the first level."]);
        List<(string Title, List<Block> Blocks)> sections = Split(page, 2);
        List<Block> intro = [.. page.TakeWhile(block => block is not HeadingBlock)];
        string[] unknown = [.. sections.Select(section => section.Title).Except(Sections)];
        if (unknown.Length > 0 || intro is not [ParagraphBlock synopsis])
            throw new HelpPageException([$"{file}: one paragraph comes under the name, then {string.Join(", ", Sections)}{(unknown.Length > 0 ? $", and not {unknown[0]}" : "")}."]);

        List<Block> Section(string title) => sections.Find(section => section.Title == title).Blocks ?? [];
        IReadOnlyList<HelpEntry> Entries(string title) => [.. Split(Section(title), 3).Select(part => new HelpEntry(part.Title, [.. PlainText.Paragraphs(part.Blocks)]))];
        return new HelpPage(name, PlainText.Of(synopsis), [.. PlainText.Paragraphs(Section("Description"))],
            [.. Split(Section("Examples"), 3).Select(part => Example(file, part.Title, part.Blocks))],
            [.. Entries("Parameters").Select(entry => entry with { Title = entry.Title.TrimStart('-') })], Entries("Inputs"), Entries("Outputs"),
            [.. PlainText.Paragraphs(Section("Notes"))], [.. PlainText.Paragraphs(Section("Links")).Select(link => link.TrimStart('-', ' '))]);
    }

    /// <summary>The blocks under each heading of a level; what comes before the first is left out.</summary>
    public static List<(string Title, List<Block> Blocks)> Split(IEnumerable<Block> blocks, int level)
    {
        var parts = new List<(string Title, List<Block> Blocks)>();
        foreach (Block block in blocks)
        {
            if (block is HeadingBlock heading && heading.Level == level)
                parts.Add((PlainText.Of(heading), []));
            else if (parts.Count > 0)
                parts[^1].Blocks.Add(block);
        }
        return parts;
    }

    private static HelpExample Example(string file, string title, List<Block> blocks) => blocks is [FencedCodeBlock code, ..]
        ? new HelpExample(title, PlainText.Of(code), [.. PlainText.Paragraphs(blocks.Skip(1))])
        : throw new HelpPageException([$"{file}: the example '{title}' does not begin with its command."]);
}
