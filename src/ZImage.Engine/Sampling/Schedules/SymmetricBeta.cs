namespace ZImage.Engine.Sampling.Schedules;

/// <summary>The beta distribution with both parameters alike.</summary>
internal static class SymmetricBeta
{
    /// <summary>The value in [0, 1] below which a share of the distribution lies.</summary>
    /// <param name="share">From 0 to 1.</param>
    /// <param name="shape">Both parameters of the distribution, above 0.</param>
    public static double Quantile(double share, double shape)
    {
        if (share is 0 or 0.5)
            return share;
        if (share > 0.5)
            return 1 - Quantile(1 - share, shape);
        double whole = 2 * Integral(0.5, shape);
        double low = 0, high = 0.5;
        // Halving to the last bit of a double.
        for (double middle = 0.25; middle > low && middle < high; middle = (low + high) / 2)
        {
            if (Integral(middle, shape) < share * whole)
                low = middle;
            else
                high = middle;
        }
        return high;
    }

    // The integral of (t (1 - t))^(shape - 1) from 0 to x, by the binomial series of (1 - t)^(shape - 1); for x up to 1/2.
    private static double Integral(double x, double shape)
    {
        double coefficient = 1, sum = 0, term;
        int n = 0;
        do
        {
            term = coefficient / (shape + n);
            sum += term;
            n++;
            coefficient *= (n - shape) / n * x;
        }
        while (Math.Abs(term) > 1e-17 * sum);
        return Math.Pow(x, shape) * sum;
    }
}
