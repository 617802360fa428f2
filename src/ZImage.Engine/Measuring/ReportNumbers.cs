using System.Globalization;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Measuring;

/// <summary>Numbers as a report shows them.</summary>
internal static class ReportNumbers
{
    private const double Mib = 1 << 20;

    /// <summary>Three digits that mean something.</summary>
    public static string Seconds(double? seconds) => seconds switch
    {
        null => "",
        < 1 => Text(seconds.Value, "F3"),
        < 10 => Text(seconds.Value, "F2"),
        < 100 => Text(seconds.Value, "F1"),
        _ => Text(seconds.Value, "F0"),
    };

    public static string Mebibytes(long? bytes) => bytes is { } known ? Text(known / Mib, known < 100 * Mib ? "F1" : "F0") : "";

    public static string Percent(double share) => Text(100 * share, Math.Abs(share) is > 0 and < 0.0995 ? "F1" : "F0") + " %";

    /// <summary>So many times, for example <c>2.5 times</c>.</summary>
    public static string Times(double factor) => Text(factor, factor < 10 ? "F2" : "F0") + " times";

    public static string Bytes(long bytes) => ByteSize.Text(bytes);

    /// <summary>For example <c>1, 2 and 5</c>.</summary>
    public static string Enumerate(IReadOnlyList<string> items)
        => items.Count < 2 ? string.Concat(items) : $"{string.Join(", ", items.SkipLast(1))} and {items[^1]}";

    /// <summary>A count with its noun: <c>1 run</c>, <c>3 runs</c>.</summary>
    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
