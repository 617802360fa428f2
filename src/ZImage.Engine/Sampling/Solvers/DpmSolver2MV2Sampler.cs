namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// A variant of <see cref="DpmSolver2MSampler"/> from the community, which takes the mean length of the last two steps where
/// the solver has that of the step itself. Where they differ much the latent keeps too much noise or too little, so it suits
/// schedules of even steps in the logarithm, such as karras. One model call a step.
/// </summary>
public sealed class DpmSolver2MV2Sampler : ISampler
{
    public string Name => "dpm++2mv2";

    public IReadOnlyList<string> OtherNames => ["k_dpmpp_2m_v2"];

    public string Description => "DPM-Solver++ multistep, a variant: one model call a step, no added noise. Wants a schedule of even steps.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var history = new History(2, latent.Length);
        float stepBefore = 0;
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] denoised = history.Add();
            model.Denoise(latent, step.From, denoised);
            float keep = step.To / step.From;
            float h = MathF.Log(step.From) - MathF.Log(step.To);
            float toImage = 1 - keep, slope = 0;
            if (history.Count > 1 && step.To > 0)
            {
                toImage = 1 - MathF.Exp(-(h + stepBefore) / 2);
                slope = toImage * Math.Min(h, stepBefore) / (2 * Math.Max(h, stepBefore));
            }
            float[] before = history[history.Count - 1];
            for (int j = 0; j < latent.Length; j++)
                latent[j] = keep * latent[j] + toImage * denoised[j] + slope * (denoised[j] - before[j]);
            stepBefore = h;
        }
    }
}
