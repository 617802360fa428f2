using System.Text.Json;
using ZImage.Engine.Sampling;

namespace ZImage.Tests.Sampling;

/// <summary>Samplers against stable-diffusion.cpp on the toy model v = 0.3 x + 0.1 sigma, and on equations with known solutions.</summary>
public class SamplerTests
{
    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-samplers.json");

    /// <summary>Every sampler of the file that exists here.</summary>
    public static TheoryData<string> PeerSamplers() =>
        [.. Peer.GetProperty("samplers").EnumerateObject().Select(s => s.Name).Where(Samplers.Names.Contains)];

    public static TheoryData<string> AllSamplers() => [.. Samplers.Names];

    [Theory, MemberData(nameof(PeerSamplers)), Trait("Category", "Golden")]
    public void Results_and_model_calls_equal_the_peer(string name)
    {
        JsonElement expected = Peer.GetProperty("samplers").GetProperty(name).GetProperty("eta 0");
        float[] latent = Peer.GetProperty("x0").Floats();
        var calls = new List<float>();
        float[] atThirdCall = [];

        Samplers.Get(name).Sample(latent, Peer.GetProperty("sigmas").Floats(), (x, sigma, velocity) =>
        {
            calls.Add(sigma);
            if (calls.Count == 3)
                atThirdCall = x.ToArray();
            for (int i = 0; i < x.Length; i++)
                velocity[i] = 0.3f * x[i] + 0.1f * sigma;
        }, SamplingOptions.None);

        Assert.Equal(expected.GetProperty("model_calls").Floats(), calls);
        FloatAssert.Close(expected.GetProperty("x at third model call").Floats(), atThirdCall, 1e-6f);
        FloatAssert.Close(expected.GetProperty("x").Floats(), latent, 2e-6f);
    }

    [Fact, Trait("Category", "Golden")]
    public void Every_sampler_has_reference_numbers() =>
        Assert.Equal(Samplers.Names, PeerSamplers().Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("euler", 1)]
    [InlineData("heun", 2)]
    public void The_error_shrinks_with_the_order_of_the_method(string name, int order)
    {
        // dx/dsigma = x from sigma 1 to 0.5 takes x to x exp(-0.5).
        double Error(int steps)
        {
            float[] latent = [1f];
            float[] sigmas = [.. Enumerable.Range(0, steps + 1).Select(i => 1 - 0.5f * i / steps)];
            Samplers.Get(name).Sample(latent, sigmas, (x, _, velocity) => x.CopyTo(velocity), SamplingOptions.None);
            return Math.Abs(latent[0] - Math.Exp(-0.5));
        }

        double observed = Math.Log2(Error(4) / Error(8));
        Assert.InRange(observed, order - 0.2, order + 0.2);
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void A_straight_flow_ends_at_its_image_whatever_the_steps(string name)
    {
        foreach (int steps in (int[])[1, 2, 9])
        {
            float[] noise = [2f, -1f, 0.5f], image = [0.25f, 0.5f, -3f];
            float[] latent = [.. noise];
            Samplers.Get(name).Sample(latent, SigmaSchedules.Get("flow_match").Sigmas(steps, 3), (_, _, velocity) =>
            {
                for (int i = 0; i < velocity.Length; i++)
                    velocity[i] = noise[i] - image[i];
            }, SamplingOptions.None);
            Assert.All(latent.Zip(image), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    [Theory, MemberData(nameof(AllSamplers))]
    public void Each_completed_step_is_reported_once_with_its_result(string name)
    {
        float[] sigmas = SigmaSchedules.Get("smoothstep").Sigmas(5, 3);
        float[] latent = [1f, 2f];
        var steps = new List<SamplingStep>();
        var states = new List<float>();
        Samplers.Get(name).Sample(latent, sigmas, (x, _, velocity) => x.CopyTo(velocity), new SamplingOptions
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
        var options = new SamplingOptions
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
            latent, SigmaSchedules.Get("simple").Sigmas(6, 3), (x, _, velocity) => x.CopyTo(velocity), options));
        Assert.Equal(2, completed);
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones()
    {
        var fault = Assert.Throws<UnknownSamplerException>(() => Samplers.Get("magic"));
        Assert.Equal("UnknownSampler", fault.ErrorId);
        Assert.Equal("magic", fault.Target);
        Assert.All(Samplers.Names, name => Assert.Contains(name, fault.Message));
    }
}
