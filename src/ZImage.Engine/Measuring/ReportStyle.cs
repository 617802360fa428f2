namespace ZImage.Engine.Measuring;

/// <summary>The style of a report's page: light, or dark where the reader's system is.</summary>
internal static class ReportStyle
{
    // Told apart by most people who see few colours; in both lists the same order.
    private static readonly string[] s_light = ["#0067b1", "#c2500a", "#00805f", "#a8468a", "#8a6d00", "#2f8fb5", "#7a4fb0", "#666666"];
    private static readonly string[] s_dark = ["#5fb0f5", "#f59152", "#3fc79e", "#e08cc4", "#d8b93c", "#7fd0ee", "#b99af0", "#b0b0b0"];
    private static readonly string[] s_dashes = ["none", "none", "none", "none", "7 3", "7 3", "2 3", "2 3"];

    public static string Css { get; } = $$"""
        body { margin: 0; background: #fff; color: #1c1c1c; font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
        h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
        h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
        .date { color: #5c5c5c; margin-top: 0; }
        .scroll { overflow-x: auto; margin: 1rem 0; }
        table { border-collapse: collapse; font-size: .9rem; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #dcdcdc; }
        th, th.number { font-weight: 600; white-space: normal; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        pre { background: #f2f2f2; padding: .6rem .8rem; overflow-x: auto; font-size: .9rem; }
        figure { margin: 1.25rem 0; }
        figcaption { color: #5c5c5c; font-size: .9rem; }
        svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; }
        .key { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .5rem 0; font-size: .9rem; }
        .patch { display: inline-block; width: 1.1em; height: .75em; margin-right: .45em; }
        .label { fill: #1c1c1c; }
        .tick { fill: #5c5c5c; }
        .grid { stroke: #e4e4e4; }
        .budget { stroke: #1c1c1c; stroke-dasharray: 4 4; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        {{Colours(s_light)}}
        {{string.Join("\n", s_dashes.Select((dash, i) => $".line.c{i} {{ stroke-dasharray: {dash}; }}"))}}
        @media (prefers-color-scheme: dark) {
        body { background: #161616; color: #ececec; }
        .date, figcaption { color: #a8a8a8; }
        th, td { border-bottom-color: #3a3a3a; }
        pre { background: #242424; }
        .label { fill: #ececec; }
        .tick { fill: #a8a8a8; }
        .grid { stroke: #303030; }
        .budget { stroke: #ececec; }
        {{Colours(s_dark)}}
        }
        """;

    private static string Colours(string[] colours)
        => string.Join("\n", colours.Select((colour, i) => $".line.c{i} {{ stroke: {colour}; }} .bar.c{i} {{ fill: {colour}; }} .patch.c{i} {{ background: {colour}; }}"));
}
