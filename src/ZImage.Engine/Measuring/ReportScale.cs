using System.Globalization;

namespace ZImage.Engine.Measuring;

/// <summary>The axis of a drawing: from 0 to a round number, with round numbers between.</summary>
internal sealed class ReportScale
{
    private const int Intervals = 5;

    private readonly double _start, _length;

    /// <param name="most">Largest value.</param>
    /// <param name="start">Where 0 is.</param>
    /// <param name="length">To where the end is; negative for upwards.</param>
    public ReportScale(double most, double start, double length)
    {
        (_start, _length) = (start, length);
        double rough = Math.Max(most, 1e-6) / Intervals, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1, 2, 2.5, 5, 10 }.First(factor => factor * power >= rough * 0.999) * power;
        int count = (int)Math.Ceiling(most / step - 1e-9);
        Ticks = [.. Enumerable.Range(0, Math.Max(count, 1) + 1).Select(i => i * step)];
    }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Where a value is, as a drawing writes it.</summary>
    public string At(double value) => Text(Place(value));

    public double Place(double value) => _start + _length * value / Ticks[^1];

    public static string Text(double place) => place.ToString("0.##", CultureInfo.InvariantCulture);
}
