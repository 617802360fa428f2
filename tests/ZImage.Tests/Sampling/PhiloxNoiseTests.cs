using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Tests.Sampling;

/// <summary>The noise generator against the <c>cuda</c> generator of stable-diffusion.cpp.</summary>
public partial class PhiloxNoiseTests
{
    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-rng.json").GetProperty("cuda");

    public static TheoryData<string> Seeds() => Sections(SeedSection());

    public static TheoryData<string> Latents() => Sections(LatentSection());

    [Theory, MemberData(nameof(Seeds)), Trait("Category", "Golden")]
    public void Values_equal_the_peer(string section)
    {
        ulong seed = ulong.Parse(SeedSection().Match(section).Groups["seed"].Value, CultureInfo.InvariantCulture);
        foreach (JsonProperty list in Peer.GetProperty(section).EnumerateObject())
        {
            Match call = CallName().Match(list.Name);
            Assert.True(call.Success, list.Name);
            var noise = new PhiloxNoise(seed);
            var values = new float[Number(call, "count")];
            if (call.Groups["call"].Value == "second")
                noise.Fill(values);
            noise.Fill(values);

            float[] expected = list.Value.Floats();
            int start = call.Groups["from"].Success ? Number(call, "from") : 0;
            Assert.Equal(expected, values.AsSpan(start, expected.Length).ToArray());
        }
    }

    [Theory, MemberData(nameof(Latents)), Trait("Category", "Golden")]
    public void A_latent_is_one_call_with_the_width_fastest(string section)
    {
        Match size = LatentSection().Match(section);
        (int width, int height, int channels) = (Number(size, "w"), Number(size, "h"), Number(size, "c"));
        JsonElement expected = Peer.GetProperty(section);
        var noise = new PhiloxNoise(ulong.Parse(size.Groups["seed"].Value, CultureInfo.InvariantCulture));
        var latent = new float[width * height * channels];
        noise.Fill(latent);

        Assert.Equal(expected.GetProperty("count").GetInt32(), latent.Length);
        Assert.Equal(expected.GetProperty("sum").GetDouble(), latent.Sum(v => (double)v), 1e-3);
        Assert.Equal(expected.GetProperty("sum_of_squares").GetDouble(), latent.Sum(v => (double)v * v), 1e-2);
        Assert.Equal(expected.GetProperty("flat[0..15]").Floats(), latent[..16]);
        foreach (JsonProperty element in expected.EnumerateObject())
        {
            if (ElementName().Match(element.Name) is not { Success: true } at)
                continue;
            int flat = Number(at, "w") + width * (Number(at, "h") + height * Number(at, "c"));
            Assert.Equal(element.Value.GetSingle(), latent[flat]);
        }

        noise.Fill(latent);
        Assert.Equal(expected.GetProperty("next tensor of the same shape, flat[0..7]").Floats(), latent[..8]);
    }

    [Fact]
    public void The_same_seed_repeats_and_others_differ()
    {
        float[] Values(ulong seed)
        {
            var values = new float[256];
            new PhiloxNoise(seed).Fill(values);
            return values;
        }

        Assert.Equal(Values(7), Values(7));
        Assert.NotEqual(Values(7), Values(8));
        Assert.NotEqual(Values(7), Values(7 + (1UL << 32)));
        Assert.All(Values(ulong.MaxValue), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Values_have_the_moments_of_a_normal_distribution()
    {
        var values = new float[1 << 18];
        new PhiloxNoise(1234).Fill(values);
        double mean = values.Average(v => (double)v);
        Assert.InRange(mean, -0.01, 0.01);
        Assert.InRange(values.Average(v => (v - mean) * (v - mean)), 0.98, 1.02);
        Assert.InRange(values.Average(v => Math.Pow(v - mean, 4)), 2.9, 3.1);
    }

    private static TheoryData<string> Sections(Regex named) => [.. Peer.EnumerateObject().Select(s => s.Name).Where(name => named.IsMatch(name))];

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^seed (?<seed>\d+)$")]
    private static partial Regex SeedSection();

    [GeneratedRegex(@"^latent (?<w>\d+)x(?<h>\d+)x(?<c>\d+) seed (?<seed>\d+)$")]
    private static partial Regex LatentSection();

    [GeneratedRegex(@"^randn\((?<count>\d+)\) (?<call>first|second) call(, elements (?<from>\d+)\.\.\d+)?$")]
    private static partial Regex CallName();

    [GeneratedRegex(@"^w=(?<w>\d+),h=(?<h>\d+),c=(?<c>\d+) ")]
    private static partial Regex ElementName();
}
