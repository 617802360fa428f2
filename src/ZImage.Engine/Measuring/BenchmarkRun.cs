namespace ZImage.Engine.Measuring;

/// <summary>How often each configuration is run, and how long a run may take.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Measured runs of each configuration.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>
    /// Runs before them that are not measured. The first run of a configuration reads and moves all its weights, pins memory and compiles kernels:
    /// what it takes is no measure of those that follow.
    /// </summary>
    public int Warmup { get; init; } = 1;

    /// <summary>What takes longer is stopped.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>A run that is about to be made.</summary>
/// <param name="Configuration">What is measured.</param>
/// <param name="Place">Place of the configuration among those that are measured, from 1.</param>
/// <param name="Places">How many are measured.</param>
/// <param name="Run">Number of the run, from 1; warm-up runs end with 0.</param>
public sealed record BenchmarkRun(MeasureConfiguration Configuration, int Place, int Places, int Run)
{
    public bool IsWarmup => Run < 1;
}
