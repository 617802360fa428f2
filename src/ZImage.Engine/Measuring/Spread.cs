namespace ZImage.Engine.Measuring;

/// <summary>The middle and the ends of several measured values.</summary>
public sealed record Spread(double Median, double Min, double Max)
{
    /// <summary>What lies between the ends, as a share of the median; 0 for one value.</summary>
    public double Relative => Median > 0 ? (Max - Min) / Median : 0;

    public override string ToString() => FormattableString.Invariant($"{Median:F3} ({Min:F3} to {Max:F3}, spread {100 * Relative:F1}%)");

    /// <summary>Null without values. Of an even number of them the median is halfway between the middle two.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new Spread((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}
