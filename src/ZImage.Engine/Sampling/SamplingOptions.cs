namespace ZImage.Engine.Sampling;

/// <summary>What a sampling run needs beside the latent, the noise levels and the model.</summary>
public sealed record SamplingOptions
{
    public static SamplingOptions None { get; } = new();

    /// <summary>Called after each completed step, on the thread that samples.</summary>
    public Action<SamplingStep>? StepCompleted { get; init; }

    /// <summary>Looked at before each step; the model looks at it between its own blocks.</summary>
    public CancellationToken Cancellation { get; init; }
}
