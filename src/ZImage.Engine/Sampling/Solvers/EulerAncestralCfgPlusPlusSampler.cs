namespace ZImage.Engine.Sampling.Solvers;

/// <summary>
/// <see cref="EulerCfgPlusPlusSampler"/> with fresh noise after each step but the last. As in stable-diffusion.cpp the noise is
/// split as for a diffusion model, so contrasts come out a little stronger than a flow's. One model call a step.
/// </summary>
public sealed class EulerAncestralCfgPlusPlusSampler : ISampler
{
    public string Name => "euler_a_cfg_pp";

    public IReadOnlyList<string> OtherNames => ["Euler ancestral CFG++", "k_euler_a_cfg_pp", "sample_euler_ancestral_cfg_pp"];

    public string Description => "CFG++ with fresh noise, for a CFG scale from 0 to 1: first order, one model call a step, adds noise (eta 1).";

    public float? DefaultEta => 1;

    public bool UsesUnguided => true;

    public string? Caution(float eta, float cfgScale) => EulerCfgPlusPlusSampler.CautionOf(Name, cfgScale);

    public void Sample(Span<float> latent, ReadOnlySpan<float> sigmas, VelocityModel model, SamplingOptions options)
    {
        float eta = options.EtaOf(this);
        var velocity = new float[latent.Length];
        var unguided = new float[latent.Length];
        foreach (Step step in new Steps(sigmas, options))
        {
            model(latent, step.From, velocity, unguided);
            AncestralStep split = AncestralStep.OfDiffusion(step.From, step.To, eta);
            EulerCfgPlusPlusSampler.Move(latent, velocity, unguided, step.From, split.Down);
            if (step.To > 0)
            {
                // Drawn even where eta makes it count nothing: so does the reference, and later noise is the same.
                options.FillNoise(velocity);
                for (int j = 0; j < latent.Length; j++)
                    latent[j] += velocity[j] * split.Noise;
            }
        }
    }
}
