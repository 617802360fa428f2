using System.Text;
using Markdig.Extensions.Tables;
using Markdig.Syntax;

namespace ZImage.Help;

/// <summary>An about topic: a page of Markdown as a text of 80 columns, with the headings that Get-Help looks for.</summary>
internal sealed class AboutTopic
{
    private const int Width = 80, Indent = 4;

    private readonly StringBuilder _text = new();

    private AboutTopic(string name, List<Block> page)
    {
        if (page is not [ParagraphBlock introduction, ..] || PlainText.Of(introduction) is not { Length: <= Width - Indent } summary)
            throw new HelpPageException([$"{name}.md: one line of at most {Width - Indent} characters comes under the name."]);
        // Get-Help takes the fifth line for the synopsis.
        Heading("TOPIC");
        Write(name, Indent);
        _text.Append('\n');
        Heading("SHORT DESCRIPTION");
        Write(summary, Indent);
        _text.Append('\n');
        Heading("LONG DESCRIPTION");
        foreach (Block block in page.Skip(1))
            Write(block, Indent);
    }

    /// <exception cref="HelpPageException">The page has another form.</exception>
    public static string Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return HelpPage.Split(PlainText.Parse(path), 1) is [var (title, page)] && title == name
            ? new AboutTopic(name, page)._text.ToString().TrimEnd() + "\n"
            : throw new HelpPageException([$"{name}.md: the page begins with its name as the only heading of the first level."]);
    }

    private void Write(Block block, int indent)
    {
        switch (block)
        {
            case HeadingBlock { Level: 2 } heading:
                Heading(PlainText.Of(heading).ToUpperInvariant());
                return;
            case HeadingBlock heading:
                Write(PlainText.Of(heading), indent);
                break;
            case CodeBlock code:
                foreach (string line in PlainText.Of(code).Split('\n'))
                    _text.Append(line.Length == 0 ? "" : new string(' ', indent + Indent) + line).Append('\n');
                break;
            case ListBlock list:
                foreach (ListItemBlock item in list.Cast<ListItemBlock>())
                    Write(PlainText.Paragraphs(item).First(), indent, "- ");
                break;
            case Table table:
                Write(table, indent);
                return;
            default:
                foreach (string paragraph in PlainText.Paragraphs([block]))
                    Write(paragraph, indent);
                break;
        }
        _text.Append('\n');
    }

    // In columns where they fit, else the cells of each row below its first.
    private void Write(Table table, int indent)
    {
        string[][] rows = [.. table.Cast<TableRow>().Select(row => row.Cast<TableCell>().Select(PlainText.Of).ToArray())];
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        if (indent + widths.Sum(width => width + 2) - 2 <= Width)
        {
            string[] rule = [.. widths.Select(width => new string('-', width))];
            foreach (string[] row in (string[][])[rows[0], rule, .. rows[1..]])
                _text.Append((new string(' ', indent) + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd()).Append('\n');
            _text.Append('\n');
            return;
        }
        foreach (string[] row in rows[1..])
        {
            Write(row[0], indent);
            for (int column = 1; column < row.Length; column++)
                Write(row.Length == 2 ? row[column] : $"{rows[0][column]}: {row[column]}", indent + Indent);
            _text.Append('\n');
        }
    }

    private void Heading(string title) => _text.Append(title).Append('\n');

    private void Write(string text, int indent, string mark = "")
    {
        string line = new string(' ', indent) + mark;
        bool empty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > Width)
            {
                _text.Append(line).Append('\n');
                line = new string(' ', indent + mark.Length);
                empty = true;
            }
            line += empty ? word : $" {word}";
            empty = false;
        }
        _text.Append(line).Append('\n');
    }
}
