using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Tests.Sampling;

/// <summary>Samplers on equations with known solutions, and what all of them have in common.</summary>
public class SamplerTests
{
    public static TheoryData<string> AllSamplers() => [.. Samplers.Names];

    /// <summary>Samplers that add no noise with an eta of 0.</summary>
    public static TheoryData<string> QuietSamplers() => [.. Samplers.Names.Where(name => name is not ("lcm" or "er_sde"))];

    [Theory]
    [InlineData("euler", 1)]
    [InlineData("euler_a", 1)]
    [InlineData("euler_cfg_pp", 1)]
    [InlineData("euler_a_cfg_pp", 1)]
    [InlineData("euler_ge", 1)]
    [InlineData("ddim_trailing", 1)]
    [InlineData("lms", 1)]
    [InlineData("heun", 2)]
    [InlineData("dpm2", 2)]
    [InlineData("dpm++2m", 2)]
    [InlineData("dpm++2m_sde", 2)]
    [InlineData("dpm++2s_a", 2)]
    [InlineData("res_multistep", 2)]
    [InlineData("res_2s", 2)]
    [InlineData("ipndm", 2)]
    [InlineData("ipndm_v", 2)]
    public void The_error_shrinks_with_the_order_of_the_method(string name, int order)
    {
        // dx/dsigma = x from sigma 0.9 to 0.5 takes x to x exp(-0.4).
        double Error(int steps)
        {
            float[] latent = [1000f];
            float[] sigmas = [.. Enumerable.Range(0, steps + 1).Select(i => 0.9f - 0.4f * i / steps)];
            Samplers.Get(name).Sample(latent, sigmas, Linear, NoisySeed() with { Eta = 0 });
            return Math.Abs(latent[0] - 1000 * Math.Exp(-0.4));
        }

        double observed = Math.Log2(Error(16) / Error(32));
        Assert.InRange(observed, order - 0.3, order + 0.3);
    }

    [Theory, MemberData(nameof(QuietSamplers))]
    public void A_straight_flow_ends_at_its_image_whatever_the_steps(string name)
    {
        foreach (int steps in (int[])[1, 2, 9])
        {
            float[] noise = [2f, -1f, 0.5f], image = [0.25f, 0.5f, -3f];
            float[] latent = [.. noise];
            // This variant is exact only for steps of equal length in the logarithm.
            string schedule = name == "dpm++2mv2" ? "exponential" : "flow_match";
            Samplers.Get(name).Sample(latent, SigmaSchedules.Get(schedule).Sigmas(steps, 3, 4096), (_, _, velocity, unguided) =>
            {
                for (int i = 0; i < velocity.Length; i++)
                    velocity[i] = noise[i] - image[i];
                velocity[..unguided.Length].CopyTo(unguided);
            }, NoisySeed() with { Eta = 0 });
            Assert.All(latent.Zip(image), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void A_model_that_knows_one_image_ends_there_whatever_the_noise(string name)
    {
        float[] image = [0.25f, 0.5f, -3f];
        foreach (string schedule in SigmaSchedules.Names)
        {
            foreach (int steps in (int[])[1, 2, 3, 12, 60])
            {
                float[] latent = [2f, -1f, 0.5f];
                Samplers.Get(name).Sample(latent, NoiseLevels.Of(SigmaSchedules.Get(schedule), steps, 3, 1 << 20), (x, sigma, velocity, unguided) =>
                {
                    for (int i = 0; i < x.Length; i++)
                        velocity[i] = (x[i] - image[i]) / sigma;
                    velocity[..unguided.Length].CopyTo(unguided);
                }, NoisySeed());
                Assert.All(latent.Zip(image), pair => Assert.Equal(pair.Second, pair.First, 1e-3f));
            }
        }
    }

    [Fact]
    public void Cfg_pp_goes_to_the_guided_image_and_back_by_the_unguided_velocity()
    {
        float[] latent = [1f];
        Samplers.Get("euler_cfg_pp").Sample(latent, [1f, 0.5f], (_, _, velocity, unguided) => (velocity[0], unguided[0]) = (0.75f, 0.25f), SamplingOptions.None);

        Assert.Equal(1 - 0.75f + 0.25f * 0.5f, latent[0], 1e-6f);
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void Each_completed_step_is_reported_once_with_its_result(string name)
    {
        float[] sigmas = SigmaSchedules.Get("smoothstep").Sigmas(5, 3, 4096);
        float[] latent = [1f, 2f];
        var steps = new List<SamplingStep>();
        var states = new List<float>();
        Samplers.Get(name).Sample(latent, sigmas, Linear, NoisySeed() with
        {
            StepCompleted = step =>
            {
                steps.Add(step);
                states.Add(latent[0]);
            },
        });

        Assert.Equal(Enumerable.Range(1, 5).Select(i => new SamplingStep(i, 5, sigmas[i])), steps);
        Assert.Equal(5, states.Distinct().Count());
        Assert.Equal(latent[0], states[^1]);
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void Cancellation_stops_before_the_next_step(string name)
    {
        using var source = new CancellationTokenSource();
        float[] latent = [1f];
        int completed = 0;
        SamplingOptions options = NoisySeed() with
        {
            Cancellation = source.Token,
            StepCompleted = step =>
            {
                completed++;
                if (step.Number == 2)
                    source.Cancel();
            },
        };

        Assert.Throws<OperationCanceledException>(() => Samplers.Get(name).Sample(
            latent, SigmaSchedules.Get("simple").Sigmas(6, 3, 4096), Linear, options));
        Assert.Equal(2, completed);
    }

    [Fact]
    public void A_sampler_that_adds_noise_needs_a_source() =>
        Assert.Throws<InvalidOperationException>(() => Samplers.Get("lcm").Sample(new float[1], [1f, 0.5f], Linear, SamplingOptions.None));

    [Fact]
    public void An_unknown_name_lists_the_known_ones()
    {
        var fault = Assert.Throws<UnknownSamplerException>(() => Samplers.Get("magic"));
        Assert.Equal("UnknownSampler", fault.ErrorId);
        Assert.Equal("magic", fault.Target);
        Assert.All(Samplers.Names, name => Assert.Contains(name, fault.Message));
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void Each_sampler_says_what_it_is(string name)
    {
        ISampler sampler = Samplers.Get(name);
        Assert.InRange(sampler.Description.Length, 40, 140);
        Assert.EndsWith(".", sampler.Description, StringComparison.Ordinal);
        Assert.Null(sampler.Caution(sampler.DefaultEta ?? 0, cfgScale: 1));
    }

    [Theory]
    [InlineData("er_sde", 0f, 1f)]
    [InlineData("er_sde", 0.5f, 1f)]
    [InlineData("euler_cfg_pp", 0f, 1.5f)]
    [InlineData("euler_a_cfg_pp", 1f, 1.5f)]
    public void Settings_that_make_no_sense_are_spoken_of(string name, float eta, float cfgScale) =>
        Assert.Contains(name, Samplers.Get(name).Caution(eta, cfgScale));

    // The velocity x, guided or not.
    private static void Linear(ReadOnlySpan<float> latent, float sigma, Span<float> velocity, Span<float> unguided)
    {
        latent.CopyTo(velocity);
        latent[..unguided.Length].CopyTo(unguided);
    }

    private static SamplingOptions NoisySeed() => new() { Noise = new PhiloxNoise(5) };
}
