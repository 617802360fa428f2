using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Tests.Sampling;

/// <summary>The noise generators against those of stable-diffusion.cpp, which are torch's.</summary>
public partial class NoiseSourceTests
{
    // Logarithm, sine and cosine are those of the C library, which may differ in the last bit; Philox rounds more exact values.
    private const float TorchCpuTolerance = 1e-6f;

    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-rng.json");

    public static TheoryData<NoiseGenerator, string> Seeds() => Sections(SeedSection());

    public static TheoryData<NoiseGenerator, string> Latents() => Sections(LatentSection());

    public static TheoryData<NoiseGenerator> Generators() => [.. Enum.GetValues<NoiseGenerator>()];

    [Theory, MemberData(nameof(Seeds)), Trait("Category", "Golden")]
    public void Values_equal_the_peer(NoiseGenerator generator, string section)
    {
        ulong seed = ulong.Parse(SeedSection().Match(section).Groups["seed"].Value, CultureInfo.InvariantCulture);
        foreach (JsonProperty list in NumbersOf(generator).GetProperty(section).EnumerateObject())
        {
            Match call = CallName().Match(list.Name);
            Assert.True(call.Success, list.Name);
            INoiseSource noise = NoiseSources.Create(generator, seed);
            var values = new float[Number(call, "count")];
            if (call.Groups["call"].Value == "second")
                noise.Fill(values);
            noise.Fill(values);

            float[] expected = list.Value.Floats();
            int start = call.Groups["from"].Success ? Number(call, "from") : 0;
            AssertSame(generator, expected, values.AsSpan(start, expected.Length).ToArray());
        }
    }

    [Theory, MemberData(nameof(Latents)), Trait("Category", "Golden")]
    public void A_latent_is_one_call_with_the_width_fastest(NoiseGenerator generator, string section)
    {
        Match size = LatentSection().Match(section);
        (int width, int height, int channels) = (Number(size, "w"), Number(size, "h"), Number(size, "c"));
        JsonElement expected = NumbersOf(generator).GetProperty(section);
        INoiseSource noise = NoiseSources.Create(generator, ulong.Parse(size.Groups["seed"].Value, CultureInfo.InvariantCulture));
        var latent = new float[width * height * channels];
        noise.Fill(latent);

        Assert.Equal(expected.GetProperty("count").GetInt32(), latent.Length);
        Assert.Equal(expected.GetProperty("sum").GetDouble(), latent.Sum(v => (double)v), 1e-3);
        Assert.Equal(expected.GetProperty("sum_of_squares").GetDouble(), latent.Sum(v => (double)v * v), 1e-2);
        AssertSame(generator, expected.GetProperty("flat[0..15]").Floats(), latent[..16]);
        foreach (JsonProperty element in expected.EnumerateObject())
        {
            if (ElementName().Match(element.Name) is not { Success: true } at)
                continue;
            int flat = Number(at, "w") + width * (Number(at, "h") + height * Number(at, "c"));
            AssertSame(generator, [element.Value.GetSingle()], [latent[flat]]);
        }

        noise.Fill(latent);
        AssertSame(generator, expected.GetProperty("next tensor of the same shape, flat[0..7]").Floats(), latent[..8]);
    }

    [Theory, MemberData(nameof(Generators))]
    public void The_same_seed_repeats_and_others_differ(NoiseGenerator generator)
    {
        float[] Values(ulong seed)
        {
            var values = new float[256];
            NoiseSources.Create(generator, seed).Fill(values);
            return values;
        }

        Assert.Equal(Values(7), Values(7));
        Assert.NotEqual(Values(7), Values(8));
        // torch seeds its CPU generator with the low 32 bits.
        Assert.Equal(generator == NoiseGenerator.Cpu, Values(7).SequenceEqual(Values(7 + (1UL << 32))));
        Assert.All(Values(ulong.MaxValue), v => Assert.True(float.IsFinite(v)));
    }

    [Theory, MemberData(nameof(Generators))]
    public void Values_have_the_moments_of_a_normal_distribution(NoiseGenerator generator)
    {
        var values = new float[1 << 18];
        NoiseSources.Create(generator, 1234).Fill(values);
        double mean = values.Average(v => (double)v);
        Assert.InRange(mean, -0.01, 0.01);
        Assert.InRange(values.Average(v => (v - mean) * (v - mean)), 0.98, 1.02);
        Assert.InRange(values.Average(v => Math.Pow(v - mean, 4)), 2.9, 3.1);
    }

    [Fact]
    public void Short_calls_of_the_cpu_generator_continue_one_sequence()
    {
        var whole = new float[10];
        new TorchCpuNoise(3).Fill(whole);
        var parts = new float[10];
        var noise = new TorchCpuNoise(3);
        // The second value of a pair is kept from one call to the next.
        noise.Fill(parts.AsSpan(0, 3));
        noise.Fill(parts.AsSpan(3, 1));
        noise.Fill(parts.AsSpan(4));

        Assert.Equal(whole, parts);
    }

    private static JsonElement NumbersOf(NoiseGenerator generator) => Peer.GetProperty(generator.ToString().ToLowerInvariant());

    private static void AssertSame(NoiseGenerator generator, float[] expected, float[] actual)
    {
        if (generator == NoiseGenerator.Cuda)
            Assert.Equal(expected, actual);
        else
            FloatAssert.Close(expected, actual, TorchCpuTolerance);
    }

    private static TheoryData<NoiseGenerator, string> Sections(Regex named)
    {
        var sections = new TheoryData<NoiseGenerator, string>();
        foreach (NoiseGenerator generator in Enum.GetValues<NoiseGenerator>())
        {
            foreach (JsonProperty section in NumbersOf(generator).EnumerateObject().Where(s => named.IsMatch(s.Name)))
                sections.Add(generator, section.Name);
        }
        return sections;
    }

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
