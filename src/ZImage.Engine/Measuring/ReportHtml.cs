using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace ZImage.Engine.Measuring;

/// <summary>A report as one page of HTML, well-formed as XML, that fetches nothing and runs nothing.</summary>
internal static class ReportHtml
{
    // Text is checked to be characters of XML, and no element without an end tag is left for HTML to misread.
    public static string Write(MeasurementReport report)
    {
        var body = new XElement("main", new XElement("h1", Clean(report.Title)), new XElement("p", new XAttribute("class", "date"), Clean(report.Dated)));
        foreach (ReportSection section in report.Sections)
            body.Add(new XElement("section", new XElement("h2", Clean(section.Title)), section.Blocks.Select(Element)));
        var page = new XElement("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", Clean(report.Title)),
                new XElement("style", ReportStyle.Css)),
            new XElement("body", body));
        return "<!DOCTYPE html>\n" + page.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    /// <summary>Text without characters that XML cannot have.</summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                clean.Append(text[i]).Append(text[++i]);
            else
                clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
        }
        return clean.ToString();
    }

    private static XElement Element(ReportBlock block) => block switch
    {
        ReportText paragraph => new XElement("p", Clean(paragraph.Text)),
        ReportList list => new XElement("ul", list.Items.Select(item => new XElement("li", Clean(item)))),
        ReportCode code => new XElement("pre", new XElement("code", Clean(code.Code))),
        ReportTable table => Element(table),
        ReportChart chart => new XElement("figure", chart.Drawing,
            new XElement("ul", new XAttribute("class", "key"), chart.Key.Select(each => new XElement("li", new XElement("span", new XAttribute("class", each.Class), ""), Clean(each.Text)))),
            new XElement("figcaption", Clean(chart.Caption))),
        _ => throw new ArgumentException($"There is no element for {block.GetType()}.", nameof(block)),
    };

    private static XElement Element(ReportTable table)
    {
        bool titled = table.Columns.Any(column => column.Title.Length > 0);
        return new XElement("div", new XAttribute("class", "scroll"), new XElement("table",
            titled ? new XElement("thead", new XElement("tr", table.Columns.Select(column => Cell("th", column, column.Title, new XAttribute("scope", "col"))))) : null,
            new XElement("tbody", table.Rows.Select(row => new XElement("tr", row.Select((cell, i) => Cell("td", table.Columns[i], cell)))))));
    }

    private static XElement Cell(string name, ReportColumn column, string text, XAttribute? scope = null)
        => new(name, scope, column.IsNumber ? new XAttribute("class", "number") : null, Clean(text));
}
