using System.Xml.Linq;

namespace ZImage.Engine.Measuring;

/// <summary>A part of a report under a heading.</summary>
internal sealed record ReportSection(string Title, IReadOnlyList<ReportBlock> Blocks);

/// <summary>What a section is made of; texts are plain, whatever a format makes of them.</summary>
internal abstract record ReportBlock;

internal sealed record ReportText(string Text) : ReportBlock;

internal sealed record ReportList(IReadOnlyList<string> Items) : ReportBlock;

/// <summary>A line of a script.</summary>
internal sealed record ReportCode(string Code) : ReportBlock;

internal sealed record ReportTable(IReadOnlyList<ReportColumn> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportBlock;

/// <param name="Title">Its heading.</param>
/// <param name="IsNumber">Whether its cells stand to the right.</param>
internal sealed record ReportColumn(string Title, bool IsNumber = true);

/// <summary>A drawing, for formats that can show one.</summary>
/// <param name="Drawing">An svg element.</param>
/// <param name="Caption">What stands below it.</param>
/// <param name="Key">What each colour stands for: the class of a patch, and a text.</param>
internal sealed record ReportChart(XElement Drawing, string Caption, IReadOnlyList<(string Class, string Text)> Key) : ReportBlock;
