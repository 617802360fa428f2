using System.Globalization;
using System.Xml.Linq;

namespace ZImage.Engine.Measuring;

/// <summary>An svg drawing with a title and a description for those who do not see it. Colours are classes of the page's style.</summary>
internal sealed class ReportDrawing
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <param name="id">Of the drawing, unique on its page.</param>
    /// <param name="width">Of what is drawn in.</param>
    /// <param name="height">Of what is drawn in.</param>
    /// <param name="title">What it is.</param>
    /// <param name="description">What it shows.</param>
    public ReportDrawing(string id, double width, double height, string title, string description)
        => Root = new XElement(s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {ReportScale.Text(width)} {ReportScale.Text(height)}"), new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", $"{id}-title {id}-description"),
            new XElement(s_svg + "title", new XAttribute("id", id + "-title"), ReportHtml.Clean(title)),
            new XElement(s_svg + "desc", new XAttribute("id", id + "-description"), ReportHtml.Clean(description)));

    public XElement Root { get; }

    public void Line(string kind, string x1, string y1, string x2, string y2) => Add("line", kind, ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2));

    /// <summary>Points as <c>x,y x,y</c>; what it is shows where a pointer rests on it.</summary>
    public void Polyline(string kind, string points, string what) => Add("polyline", kind, ("points", points)).Add(new XElement(s_svg + "title", ReportHtml.Clean(what)));

    public void Bar(string kind, double x, double y, double width, double height, string what)
        => Add("rect", kind, ("x", ReportScale.Text(x)), ("y", ReportScale.Text(y)), ("width", ReportScale.Text(width)), ("height", ReportScale.Text(height)))
            .Add(new XElement(s_svg + "title", ReportHtml.Clean(what)));

    // The anchor says which end is at the place: start, middle or end.
    public void Text(string text, double x, double y, string anchor = "start", string kind = "label")
        => Add("text", kind, ("x", ReportScale.Text(x)), ("y", ReportScale.Text(y)), ("text-anchor", anchor)).Add(ReportHtml.Clean(text));

    /// <summary>Numbers along the lower edge, with lines upwards.</summary>
    public void Across(ReportScale scale, double top, double bottom, string unit)
    {
        foreach (double tick in scale.Ticks)
        {
            Line("grid", scale.At(tick), ReportScale.Text(top), scale.At(tick), ReportScale.Text(bottom));
            Text(Number(tick) + (tick == scale.Ticks[^1] ? " " + unit : ""), scale.Place(tick), bottom + 18, "middle", "tick");
        }
    }

    /// <summary>Numbers along the left edge, with lines to the right.</summary>
    public void Up(ReportScale scale, double left, double right, string unit)
    {
        foreach (double tick in scale.Ticks)
        {
            Line("grid", ReportScale.Text(left), scale.At(tick), ReportScale.Text(right), scale.At(tick));
            Text(Number(tick) + (tick == scale.Ticks[^1] ? " " + unit : ""), left - 8, scale.Place(tick) + 4, "end", "tick");
        }
    }

    private XElement Add(string name, string kind, params (string Name, string Value)[] attributes)
    {
        var element = new XElement(s_svg + name, new XAttribute("class", kind), attributes.Select(attribute => new XAttribute(attribute.Name, attribute.Value)));
        Root.Add(element);
        return element;
    }

    private static string Number(double tick) => tick.ToString("0.######", CultureInfo.InvariantCulture);
}
