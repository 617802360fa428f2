namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// The linear multistep method: the polynomial through the last four velocities, integrated over the step. As in
/// stable-diffusion.cpp the third and fourth velocity are those of one step later, which suits few steps and makes it a
/// method of first order. One model call a step.
/// </summary>
/// <remarks>The method of Adams and Bashforth for steps of any length, as in k-diffusion.</remarks>
public sealed class LmsSampler : ISampler
{
    private const int Order = 4;

    // Two points integrate the polynomials exactly, which are of degree 3 at most (Gauss and Legendre).
    private static readonly double s_point = 1 / Math.Sqrt(3);

    public string Name => "lms";

    public IReadOnlyList<string> OtherNames => ["k_lms", "sample_lms"];

    public string Description => "Linear multistep method for few steps: first order, one model call a step, no added noise.";

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        var history = new History(Math.Min(Order, sigmas.Length - 1), latent.Length);
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, history.Add(), []);
            for (int age = 0; age < history.Count; age++)
            {
                float weight = Weight(sigmas.Slice(step.Index + 1 - history.Count, history.Count + 1), age);
                float[] of = history[age < 2 ? age : age - 1];
                for (int j = 0; j < latent.Length; j++)
                    latent[j] += of[j] * weight;
            }
        }
    }

    // The integral over the last interval of the polynomial that is 1 at one of the levels before it, and 0 at the others.
    private static float Weight(ReadOnlySpan<float> levels, int age)
    {
        ReadOnlySpan<float> nodes = levels[..^1];
        double half = ((double)levels[^1] - nodes[^1]) / 2, middle = nodes[^1] + half;
        double sum = 0;
        foreach (double at in (ReadOnlySpan<double>)[middle - half * s_point, middle + half * s_point])
        {
            double product = 1;
            float own = nodes[^(age + 1)];
            for (int k = 0; k < nodes.Length; k++)
            {
                if (k != nodes.Length - 1 - age)
                    product *= (at - nodes[k]) / (own - nodes[k]);
            }
            sum += product;
        }
        return (float)(sum * half);
    }
}
