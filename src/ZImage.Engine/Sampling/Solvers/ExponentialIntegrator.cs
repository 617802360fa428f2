namespace ZImage.Engine.Sampling.Solvers;

/// <summary>The functions that exponential integrators weigh their predictions with.</summary>
internal static class ExponentialIntegrator
{
    // Below this the first terms of the series are more exact than the quotients.
    private const float Small = 1e-6f;

    /// <summary>(e^z - 1) / z, and 1 at 0.</summary>
    public static float Phi1(float z) => MathF.Abs(z) < Small ? 1 + z / 2 + z * z / 6 : (MathF.Exp(z) - 1) / z;

    /// <summary>(phi1(z) - 1) / z, and 1/2 at 0.</summary>
    public static float Phi2(float z) => MathF.Abs(z) < Small ? 0.5f + z / 6 + z * z / 24 : (Phi1(z) - 1) / z;
}
