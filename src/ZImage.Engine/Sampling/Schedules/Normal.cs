namespace ZImage.Engine.Sampling.Schedules;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>The value below which a share of the distribution lies.</summary>
    /// <param name="share">Above 0 and below 1; meant for shares that are not extreme (0.0001 to 0.9999).</param>
    public static double Quantile(double share)
    {
        // Newton's method; the start lies on the side from which it cannot overshoot.
        double value = 0;
        for (int i = 0; i < 50; i++)
        {
            double step = (Share(value) - share) / Density(value);
            value -= step;
            if (Math.Abs(step) < 1e-14)
                break;
        }
        return value;
    }

    private static double Density(double value) => Math.Exp(-value * value / 2) / Math.Sqrt(2 * Math.PI);

    // 1/2 + density * (x + x^3 / 3 + x^5 / (3 * 5) + ...), a series that converges everywhere.
    private static double Share(double value)
    {
        double term = value, sum = value;
        for (int odd = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); odd += 2)
        {
            term *= value * value / odd;
            sum += term;
        }
        return 0.5 + Density(value) * sum;
    }
}
