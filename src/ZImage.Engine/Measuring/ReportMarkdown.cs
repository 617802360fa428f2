using System.Text;

namespace ZImage.Engine.Measuring;

/// <summary>A report as Markdown with tables, as GitHub reads it. Drawings are left out: the tables have their numbers.</summary>
internal static class ReportMarkdown
{
    private const string Special = "\\`*_[]<>|~&$";

    public static string Write(MeasurementReport report)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(Escape(report.Title)).Append("\n\n").Append(Escape(report.Dated)).Append('\n');
        foreach (ReportSection section in report.Sections.Where(section => !section.Blocks.Any(block => block is ReportChart)))
        {
            text.Append("\n## ").Append(Escape(section.Title)).Append('\n');
            foreach (ReportBlock block in section.Blocks)
                Append(text, block);
        }
        return text.ToString();
    }

    // Text in which no character has a meaning, on one line.
    private static string Escape(string text, bool inCell = false)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        {
            // At the start of a line these begin a list, a heading or a line.
            if (Special.Contains(c) || escaped.Length == 0 && !inCell && c is '#' or '+' or '-' or '=')
                escaped.Append('\\');
            escaped.Append(char.IsControl(c) ? '\uFFFD' : c);
        }
        return escaped.ToString();
    }

    private static void Append(StringBuilder text, ReportBlock block)
    {
        switch (block)
        {
            case ReportText paragraph:
                text.Append('\n').Append(Escape(paragraph.Text)).Append('\n');
                break;
            case ReportList list:
                text.Append('\n');
                foreach (string item in list.Items)
                    text.Append("- ").Append(Escape(item)).Append('\n');
                break;
            case ReportCode code:
                text.Append("\n```powershell\n").Append(code.Code).Append("\n```\n");
                break;
            case ReportTable table:
                Append(text, table);
                break;
        }
    }

    private static void Append(StringBuilder text, ReportTable table)
    {
        text.Append("\n|");
        foreach (ReportColumn column in table.Columns)
            text.Append(' ').Append(Escape(column.Title, inCell: true)).Append(" |");
        text.Append("\n|");
        foreach (ReportColumn column in table.Columns)
            text.Append(column.IsNumber ? " ---: |" : " --- |");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            text.Append("\n|");
            foreach (string cell in row)
                text.Append(' ').Append(Escape(cell, inCell: true)).Append(" |");
        }
        text.Append('\n');
    }
}
