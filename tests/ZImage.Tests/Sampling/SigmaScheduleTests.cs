using System.Globalization;
using System.Text.Json;
using ZImage.Engine.Sampling;

namespace ZImage.Tests.Sampling;

/// <summary>Sigma schedules against the lists of stable-diffusion.cpp and of the model's authors.</summary>
public class SigmaScheduleTests
{
    private const float Tolerance = 1e-6f;

    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-schedules.json");
    private static readonly JsonElement Official = GoldenJson.Read("schedule.json");

    // What is not here, and why: SigmaSchedules says it, and so does the error for these names.
    private static readonly string[] LeftOut = ["ays", "gits"];

    // The image of the lists that do not name one; it does not count for them.
    private const int SomeImage = 4096;

    /// <summary>Every list of the file except what is left out: name, steps, shift, latent pixels, sigmas.</summary>
    public static TheoryData<string, int, float, int, float[]> PeerLists()
    {
        var lists = new TheoryData<string, int, float, int, float[]>();
        foreach (JsonProperty schedule in Peer.GetProperty("schedulers").EnumerateObject().Where(s => !LeftOut.Contains(s.Name)))
        {
            foreach (JsonProperty list in schedule.Value.EnumerateObject())
            {
                string[] stepsAndImage = list.Name.Split("@seq");
                int image = stepsAndImage.Length > 1 ? Integer(stepsAndImage[1]) : SomeImage;
                lists.Add(schedule.Name, Integer(stepsAndImage[0]), Peer.GetProperty("shift").GetSingle(), image, Levels(list.Value));
            }
        }

        foreach (JsonProperty shift in Peer.GetProperty("other_shift").EnumerateObject())
        {
            foreach (JsonProperty list in shift.Value.EnumerateObject())
            {
                string[] nameAndSteps = list.Name.Split(' ');
                lists.Add(nameAndSteps[0], Integer(nameAndSteps[1]), float.Parse(shift.Name, CultureInfo.InvariantCulture), SomeImage, Levels(list.Value));
            }
        }

        return lists;
    }

    public static TheoryData<int> OfficialSteps() => [.. Official.GetProperty("schedules").EnumerateObject().Select(s => Integer(s.Name))];

    [Theory, MemberData(nameof(PeerLists)), Trait("Category", "Golden")]
    public void Sigmas_equal_the_peer(string name, int steps, float shift, int latentPixels, float[] expected)
    {
        float[] sigmas = SigmaSchedules.Get(name).Sigmas(steps, shift, latentPixels);
        Assert.Equal(expected.Length, sigmas.Length);
        Assert.All(expected.Zip(sigmas), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    [Theory, MemberData(nameof(OfficialSteps)), Trait("Category", "Golden")]
    public void Flow_match_equals_the_official_schedule(int steps)
    {
        JsonElement expected = Official.GetProperty("schedules").GetProperty(steps.ToString(CultureInfo.InvariantCulture));
        float[] sigmas = SigmaSchedules.Get("flow_match").Sigmas(steps, Official.GetProperty("shift").GetSingle(), SomeImage);

        Assert.Equal(expected.GetProperty("sigmas").Floats(), sigmas);
        Assert.Equal(expected.GetProperty("dt").Floats(), sigmas.Skip(1).Zip(sigmas, (next, now) => next - now));
        FloatAssert.Close(expected.GetProperty("timesteps").Floats(), [.. sigmas.SkipLast(1).Select(s => s * FlowMatching.TrainTimesteps)], 1e-6f);
        float[] times = expected.GetProperty("model_t").Floats();
        Assert.All(sigmas.SkipLast(1).Zip(times), pair => Assert.Equal(pair.Second, FlowMatching.ModelTime(pair.First), 1e-6f));
    }

    [Fact, Trait("Category", "Golden")]
    public void Schedules_are_those_of_the_peer_and_of_the_authors_except_what_is_left_out()
    {
        IEnumerable<string> named = Peer.GetProperty("schedulers").EnumerateObject().Select(s => s.Name).Append("flow_match");
        Assert.Equal(named.Order(StringComparer.Ordinal), SigmaSchedules.Names.Concat(LeftOut).Order(StringComparer.Ordinal));
        Assert.All(LeftOut, name => Assert.Contains($"'{name}': ", Assert.Throws<UnknownSchedulerException>(() => SigmaSchedules.Get(name)).Message));
    }

    public static TheoryData<string> AllSchedules() => [.. SigmaSchedules.Names];

    [Theory, MemberData(nameof(AllSchedules))]
    public void Sigmas_fall_from_noise_to_exactly_zero(string name)
    {
        ISigmaSchedule schedule = SigmaSchedules.Get(name);
        foreach (float shift in (float[])[0.5f, 1, 3, 12, 100])
        {
            foreach (int latentPixels in (int[])[4, 1024, 4096, 16384, 1 << 20, int.MaxValue])
            {
                foreach (int steps in Enumerable.Range(1, 100).Append(1000))
                {
                    float[] sigmas = schedule.Sigmas(steps, shift, latentPixels);
                    Assert.True(sigmas.Length == steps + 1 || (name == "beta" && sigmas.Length <= steps && steps > 30), $"{steps} steps: {sigmas.Length} levels");
                    // A single step of this one is its middle.
                    if (name != "bong_tangent" || steps > 1)
                        Assert.InRange(sigmas[0], 0.99f, 1f);
                    Assert.Equal(0f, sigmas[^1]);
                    Assert.True(sigmas[^2] > 0);
                    for (int i = 1; i < sigmas.Length; i++)
                        Assert.True(sigmas[i] <= sigmas[i - 1], $"{steps} steps, shift {shift}, {latentPixels} pixels: [{i}] rises");
                }
            }
        }
    }

    [Theory, MemberData(nameof(AllSchedules))]
    public void The_shift_counts_where_a_schedule_says_so(string name)
    {
        ISigmaSchedule schedule = SigmaSchedules.Get(name);
        bool differs = !schedule.Sigmas(8, 3, SomeImage).SequenceEqual(schedule.Sigmas(8, 6, SomeImage));
        Assert.Equal(schedule.UsesShift, differs);
    }

    [Fact]
    public void Levels_that_repeat_are_passed_through_once()
    {
        float[] listed = SigmaSchedules.Get("lcm").Sigmas(80, 3, SomeImage);
        float[] passed = NoiseLevels.Of(SigmaSchedules.Get("lcm"), 80, 3, SomeImage);

        Assert.Equal(81, listed.Length);
        Assert.Equal(listed.Distinct(), passed);
        Assert.True(passed.Length == 51);
    }

    [Theory]
    [InlineData(new[] { 1f, 0.5f, 0f }, new[] { 1f, 0.5f, 0f })]
    [InlineData(new[] { 1f, 0.5f }, new[] { 1f, 0.5f, 0f })]
    [InlineData(new[] { 0.3f }, new[] { 0.3f, 0f })]
    public void A_list_of_ones_own_ends_at_zero(float[] list, float[] expected) => Assert.Equal(expected, NoiseLevels.Of(list));

    [Theory]
    [InlineData]
    [InlineData(0f)]
    [InlineData(1.5f, 0f)]
    [InlineData(-1f)]
    [InlineData(1f, 0.5f, 0.5f, 0f)]
    [InlineData(1f, 0.5f, 0.7f)]
    [InlineData(1f, 0f, -1f)]
    [InlineData(1f, float.NaN, 0f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity, 0f)]
    [InlineData(1f, float.NegativeInfinity)]
    public void A_list_that_does_not_fall_from_noise_is_none(params float[] list) => Assert.Null(NoiseLevels.Of(list));

    [Theory]
    [InlineData(0, 3f)]
    [InlineData(-1, 3f)]
    [InlineData(8, 0f)]
    [InlineData(8, -3f)]
    [InlineData(8, float.NaN)]
    [InlineData(8, float.PositiveInfinity)]
    [InlineData(8, 3f, 0)]
    public void Senseless_arguments_are_refused(int steps, float shift, int latentPixels = SomeImage) =>
        Assert.All(SigmaSchedules.Names, name => Assert.Throws<ArgumentOutOfRangeException>(() => SigmaSchedules.Get(name).Sigmas(steps, shift, latentPixels)));

    [Fact]
    public void Names_do_not_depend_on_case() => Assert.Equal("sgm_uniform", SigmaSchedules.Get("SGM_Uniform").Name);

    [Fact]
    public void An_unknown_name_lists_the_known_ones()
    {
        var fault = Assert.Throws<UnknownSchedulerException>(() => SigmaSchedules.Get("fancy"));
        Assert.Equal("UnknownScheduler", fault.ErrorId);
        Assert.Equal("fancy", fault.Target);
        Assert.All(SigmaSchedules.Names, name => Assert.Contains(name, fault.Message));
    }

    // Where the peer computes 0 / 0, for a single step, the schedule starts at 1 as with more steps.
    private static float[] Levels(JsonElement list) =>
        [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String && e.GetString() == "nan" ? 1 : e.GetSingle())];

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
