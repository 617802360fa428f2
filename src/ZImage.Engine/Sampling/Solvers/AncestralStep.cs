namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// A step split in two: a solver goes down to a level below the step's end, and fresh noise brings the latent back up to it.
/// </summary>
/// <param name="Down">The level the solver goes to.</param>
/// <param name="Keep">What the latent is multiplied with before noise is added.</param>
/// <param name="Noise">Standard deviation of the added noise; 0 for a step that adds none.</param>
internal readonly record struct AncestralStep(float Down, float Keep, float Noise)
{
    /// <summary>
    /// The split for a flow, where image and noise always share one whole: the latent is scaled so that the image's part is
    /// 1 - to after the noise. Nothing is split on the way to 0.
    /// </summary>
    public static AncestralStep OfFlow(float from, float to, float eta)
    {
        if (eta <= 0 || to <= 0)
            return new AncestralStep(to, 1, 0);
        float down = to * (1 + (to / from - 1) * eta);
        float keep = (1 - to) / (1 - down);
        float rest = down / to * keep;
        return new AncestralStep(down, keep, to * MathF.Sqrt(Math.Max(1 - rest * rest, 0)));
    }

    /// <summary>
    /// The split of diffusion models whose noise is added to a whole image. Two samplers use it for flows too, in
    /// stable-diffusion.cpp and so here; the image's part is then a little too large after each step.
    /// </summary>
    public static AncestralStep OfDiffusion(float from, float to, float eta)
    {
        float noise = Math.Min(to, eta * MathF.Sqrt(Math.Max(to * to * (from * from - to * to) / (from * from), 0)));
        return new AncestralStep(MathF.Sqrt(Math.Max(to * to - noise * noise, 0)), 1, noise);
    }

    /// <summary>Brings the latent back up; draws noise only where the step adds some.</summary>
    /// <param name="latent">At level <see cref="Down"/>; at the step's end after this.</param>
    /// <param name="buffer">As long as the latent; its contents are lost.</param>
    /// <param name="options">Name the source of the noise.</param>
    public void AddNoise(Span<float> latent, Span<float> buffer, SamplingOptions options)
    {
        if (Noise <= 0)
            return;
        options.FillNoise(buffer);
        for (int i = 0; i < latent.Length; i++)
            latent[i] = latent[i] * Keep + buffer[i] * Noise;
    }
}
