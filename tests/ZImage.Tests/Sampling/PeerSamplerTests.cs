using System.Globalization;
using System.Text.Json;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Tests.Sampling;

/// <summary>Every entry of the sampler numbers of stable-diffusion.cpp, on the toy model v = 0.3 x + 0.1 sigma.</summary>
public class PeerSamplerTests(ITestOutputHelper output)
{
    private const float Tolerance = 1e-6f;

    // What is not here, and why: Samplers says it, and so does the error for these names.
    private static readonly string[] LeftOut = ["dpm++2m_sde_bt", "tcd"];

    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-samplers.json");

    /// <summary>Sampler and eta of every entry; null for the default eta.</summary>
    public static TheoryData<string, string> Entries()
    {
        var entries = new TheoryData<string, string>();
        foreach (JsonProperty sampler in Peer.GetProperty("samplers").EnumerateObject().Where(s => !LeftOut.Contains(s.Name)))
        {
            foreach (JsonProperty entry in sampler.Value.EnumerateObject().Where(e => e.Name != "default_eta"))
                entries.Add(sampler.Name, entry.Name);
        }
        return entries;
    }

    [Theory, MemberData(nameof(Entries)), Trait("Category", "Golden")]
    public void Results_model_calls_and_noise_equal_the_peer(string name, string entry)
    {
        JsonElement expected = Peer.GetProperty("samplers").GetProperty(name).GetProperty(entry);
        float eta = float.Parse(entry["eta ".Length..], CultureInfo.InvariantCulture);
        float[] latent = Peer.GetProperty("x0").Floats();
        var noise = new CountedNoise(new PhiloxNoise(Peer.GetProperty("seed").GetUInt64()));
        // The start noise has been drawn before.
        noise.Fill(new float[latent.Length]);
        noise.Lengths.Clear();
        var calls = new List<float>();
        float[] atThirdCall = [];

        Samplers.Get(name).Sample(latent, Peer.GetProperty("sigmas").Floats(), (x, sigma, velocity, unguided) =>
        {
            calls.Add(sigma);
            if (calls.Count == 3)
                atThirdCall = x.ToArray();
            for (int i = 0; i < x.Length; i++)
                velocity[i] = 0.3f * x[i] + 0.1f * sigma;
            velocity[..unguided.Length].CopyTo(unguided);
        }, new SamplingOptions { Eta = eta, Noise = noise });

        AssertSame("model calls", expected.GetProperty("model_calls").Floats(), [.. calls]);
        AssertSame("x at the third call", expected.GetProperty("x at third model call").Floats(), atThirdCall);
        AssertSame("x", expected.GetProperty("x").Floats(), latent);
        Assert.Equal(expected.GetProperty("randn_calls").EnumerateArray().Select(l => l.GetInt32()), noise.Lengths);
    }

    [Theory, MemberData(nameof(Entries)), Trait("Category", "Golden")]
    public void The_eta_of_none_given_is_the_peers(string name, string _)
    {
        float expected = Peer.GetProperty("samplers").GetProperty(name).GetProperty("default_eta").GetSingle();
        Assert.Equal(expected, SamplingOptions.None.EtaOf(Samplers.Get(name)));
    }

    [Fact, Trait("Category", "Golden")]
    public void Samplers_are_those_of_the_peer_except_what_is_left_out()
    {
        IEnumerable<string> named = Peer.GetProperty("samplers").EnumerateObject().Select(s => s.Name);
        Assert.Equal(named.Order(StringComparer.Ordinal), Samplers.Names.Concat(LeftOut).Order(StringComparer.Ordinal));
        Assert.All(LeftOut, name => Assert.Contains($"'{name}': ", Assert.Throws<UnknownSamplerException>(() => Samplers.Get(name)).Message));
    }

    private void AssertSame(string what, float[] expected, float[] actual)
    {
        float difference = FloatAssert.Difference(expected, actual);
        output.WriteLine($"{what}: {difference:G2}");
        Assert.True(difference <= Tolerance, $"{what}: {difference}");
    }

    private sealed class CountedNoise(INoiseSource source) : INoiseSource
    {
        public List<int> Lengths { get; } = [];

        public void Fill(Span<float> destination)
        {
            Lengths.Add(destination.Length);
            source.Fill(destination);
        }
    }
}
