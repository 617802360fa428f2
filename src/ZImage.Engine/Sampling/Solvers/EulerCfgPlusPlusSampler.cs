namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// CFG++: a step goes to the guided image, and then back to its noise level with the unguided velocity, so that guidance does
/// not leave the paths the model knows. The scale of guidance is the paper's lambda, from 0 for the unguided image to 1 for
/// strong guidance. One model call a step.
/// </summary>
/// <remarks>Source: Chung, Kim, Park, Nam and Ye, "CFG++: manifold-constrained classifier free guidance for diffusion models" (2024).</remarks>
public sealed class EulerCfgPlusPlusSampler : ISampler
{
    public string Name => "euler_cfg_pp";

    public IReadOnlyList<string> OtherNames => ["k_euler_cfg_pp", "sample_euler_cfg_pp"];

    public string Description => "Euler's method with CFG++ guidance, for a CFG scale from 0 to 1: first order, one model call a step, no added noise.";

    public bool UsesUnguided => true;

    public string? Caution(float eta, float cfgScale) => CautionOf(Name, cfgScale);

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var velocity = new float[latent.Length];
        var unguided = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, unguided);
            Move(latent, velocity, unguided, step.From, step.To);
        }
    }

    internal static string? CautionOf(string name, float cfgScale)
        => cfgScale > 1 ? $"The sampler {name} is made for a CfgScale from 0 to 1; above it pictures are overdrawn." : null;

    /// <summary>To the guided image at level 0, and back up along the unguided velocity.</summary>
    internal static void Move(Span<float> latent, ReadOnlySpan<float> velocity, ReadOnlySpan<float> unguided, float from, float to)
    {
        for (int j = 0; j < latent.Length; j++)
            latent[j] += unguided[j] * to - velocity[j] * from;
    }
}
