namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// ER-SDE-Solver-3: follows a reverse equation with noise of its own strength, with up to the last three expected images.
/// One model call a step. The noise is part of the equation, so eta only turns it on, above 0, or off.
/// </summary>
/// <remarks>
/// Source: Cui, Zhang, Lu and Liao, "Elucidating the solution space of extended reverse-time SDE for diffusion models" (2023).
/// </remarks>
public sealed class ErSdeSampler : ISampler
{
    // Below level 1 the ratio of noise to image stays finite.
    private const float HighestLevel = 1 - 1e-4f, LowestLevel = 1e-6f;
    private const int IntegrationPoints = 200;

    public string Name => "er_sde";

    public IReadOnlyList<string> OtherNames => ["sample_er_sde"];

    public string Description => "ER-SDE solver: third order, one model call a step, adds noise, which an eta of 0 turns off.";

    public float? DefaultEta => 1;

    public string? Caution(float eta, float cfgScale) => eta switch
    {
        <= 0 => "With an eta of 0 er_sde leaves out noise that it counts on: pictures lose detail, and all seeds give much the same one.",
        < 1 => "An eta above 0 is the same as 1 for er_sde.",
        _ => null,
    };

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        bool noisy = options.EtaOf(this) > 0;
        var images = new History(2, latent.Length);
        var slopes = new History(2, latent.Length);
        var noise = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            float[] denoised = images.Add();
            model.Denoise(latent, step.From, denoised);
            if (step.To == 0)
            {
                denoised.CopyTo(latent);
                continue;
            }

            float from = NoiseToImage(step.From), to = NoiseToImage(step.To), image = 1 - Inside(step.To);
            float ratio = Scale(to) / Scale(from);
            float keep = image / (1 - Inside(step.From)) * ratio;
            for (int j = 0; j < latent.Length; j++)
                latent[j] = keep * latent[j] + image * (1 - ratio) * denoised[j];

            // Levels next to 1 count as one; there is no slope between them.
            float sinceLast = step.Index > 0 ? from - NoiseToImage(sigmas[step.Index - 1]) : 0;
            if (sinceLast != 0)
            {
                (float first, float second) = Integrals(from, to);
                AddTerm(latent, image * first, slopes.Add(), denoised, images[1], sinceLast);
                // The slope of the slope needs no place in the history.
                if (slopes.Count > 1)
                    AddTerm(latent, image * second, noise, slopes[0], slopes[1], (from - NoiseToImage(sigmas[step.Index - 2])) / 2);
            }

            float variance = to * to - from * from * ratio * ratio;
            if (noisy && variance > 0)
                new AncestralStep(step.To, 1, image * MathF.Sqrt(variance)).AddNoise(latent, noise, options);
        }
    }

    private static float Inside(float sigma) => Math.Clamp(sigma, LowestLevel, HighestLevel);

    private static float NoiseToImage(float sigma) => Inside(sigma) / (1 - Inside(sigma));

    // The strength of the noise that the paper recommends (its "ER-SDE 5").
    private static float Scale(float noiseToImage) => noiseToImage * (MathF.Exp(MathF.Pow(noiseToImage, 0.3f)) + 10);

    // The weights of the first and the second slope. The integrals are sums, as in the paper's own program.
    private static (float First, float Second) Integrals(float from, float to)
    {
        float length = to - from, distance = -length / IntegrationPoints;
        float plain = 0, weighted = 0;
        for (int p = 0; p < IntegrationPoints; p++)
        {
            float at = to + p * distance;
            plain += 1 / Scale(at);
            weighted += (at - from) / Scale(at);
        }
        float scale = Scale(to) * distance;
        return (length + plain * scale, length * length / 2 + weighted * scale);
    }

    // Writes the slope between two values that lie a distance apart, and adds it with its weight.
    private static void AddTerm(Span<float> latent, float weight, float[] slope, float[] newer, float[] older, float distance)
    {
        for (int j = 0; j < latent.Length; j++)
        {
            slope[j] = (newer[j] - older[j]) / distance;
            latent[j] += weight * slope[j];
        }
    }
}
