namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Equal distances in the seventh root of sigma, from 1 down to the lowest timestep, then 0: steps get shorter towards the
/// image. A single step starts at 1.
/// </summary>
/// <remarks>Source: Karras, Aittala, Aila and Laine, "Elucidating the design space of diffusion-based generative models" (2022), equation 5.</remarks>
public sealed class KarrasSchedule : ISigmaSchedule
{
    private const float Rho = 7;

    public string Name => "karras";

    public string Description => "Steps get shorter towards the image; most of them refine it.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        float end = MathF.Pow(FlowMatching.LowestSigma(shift), 1 / Rho);
        var sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            float part = steps == 1 ? 0 : (float)i / (steps - 1);
            sigmas[i] = MathF.Pow(1 + part * (end - 1), Rho);
        }

        return sigmas;
    }
}
