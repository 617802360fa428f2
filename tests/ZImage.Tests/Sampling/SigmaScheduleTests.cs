using System.Globalization;
using System.Text.Json;
using ZImage.Engine.Sampling;

namespace ZImage.Tests.Sampling;

/// <summary>Sigma schedules against the lists of stable-diffusion.cpp and of the model's authors.</summary>
public class SigmaScheduleTests
{
    private static readonly JsonElement Peer = GoldenJson.Read("sdcpp-schedules.json");
    private static readonly JsonElement Official = GoldenJson.Read("schedule.json");

    /// <summary>Every list of the file whose schedule exists here: name, steps, shift, sigmas.</summary>
    public static TheoryData<string, int, float, float[]> PeerLists()
    {
        var lists = new TheoryData<string, int, float, float[]>();
        foreach (JsonProperty schedule in Peer.GetProperty("schedulers").EnumerateObject().Where(s => SigmaSchedules.Names.Contains(s.Name)))
        {
            foreach (JsonProperty list in schedule.Value.EnumerateObject())
                lists.Add(schedule.Name, Integer(list.Name), Peer.GetProperty("shift").GetSingle(), list.Value.Floats());
        }

        foreach (JsonProperty shift in Peer.GetProperty("other_shift").EnumerateObject())
        {
            foreach (JsonProperty list in shift.Value.EnumerateObject())
            {
                string[] nameAndSteps = list.Name.Split(' ');
                if (SigmaSchedules.Names.Contains(nameAndSteps[0]))
                    lists.Add(nameAndSteps[0], Integer(nameAndSteps[1]), float.Parse(shift.Name, CultureInfo.InvariantCulture), list.Value.Floats());
            }
        }

        return lists;
    }

    public static TheoryData<int> OfficialSteps() => [.. Official.GetProperty("schedules").EnumerateObject().Select(s => Integer(s.Name))];

    [Theory, MemberData(nameof(PeerLists)), Trait("Category", "Golden")]
    public void Sigmas_equal_the_peer(string name, int steps, float shift, float[] expected) =>
        Assert.Equal(expected, SigmaSchedules.Get(name).Sigmas(steps, shift));

    [Theory, MemberData(nameof(OfficialSteps)), Trait("Category", "Golden")]
    public void Flow_match_equals_the_official_schedule(int steps)
    {
        JsonElement expected = Official.GetProperty("schedules").GetProperty(steps.ToString(CultureInfo.InvariantCulture));
        float[] sigmas = SigmaSchedules.Get("flow_match").Sigmas(steps, Official.GetProperty("shift").GetSingle());

        Assert.Equal(expected.GetProperty("sigmas").Floats(), sigmas);
        Assert.Equal(expected.GetProperty("dt").Floats(), sigmas.Skip(1).Zip(sigmas, (next, now) => next - now));
        FloatAssert.Close(expected.GetProperty("timesteps").Floats(), [.. sigmas.SkipLast(1).Select(s => s * FlowMatching.TrainTimesteps)], 1e-6f);
        float[] times = expected.GetProperty("model_t").Floats();
        Assert.All(sigmas.SkipLast(1).Zip(times), pair => Assert.Equal(pair.Second, FlowMatching.ModelTime(pair.First), 1e-6f));
    }

    [Fact, Trait("Category", "Golden")]
    public void Every_schedule_has_reference_numbers()
    {
        IEnumerable<string> covered = PeerLists().Select(row => row.Data.Item1).Append("flow_match").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(SigmaSchedules.Names, covered);
    }

    [Fact]
    public void Sigmas_fall_from_noise_to_exactly_zero()
    {
        foreach (ISigmaSchedule schedule in SigmaSchedules.Names.Select(SigmaSchedules.Get))
        {
            foreach (float shift in (float[])[0.5f, 1, 3, 12])
            {
                for (int steps = 1; steps <= 100; steps++)
                {
                    float[] sigmas = schedule.Sigmas(steps, shift);
                    Assert.Equal(steps + 1, sigmas.Length);
                    Assert.InRange(sigmas[0], 0.99f, 1f);
                    Assert.Equal(0f, sigmas[^1]);
                    Assert.True(sigmas[^2] > 0);
                    for (int i = 0; i < steps; i++)
                        Assert.True(sigmas[i + 1] <= sigmas[i], $"{schedule.Name}, {steps} steps, shift {shift}: [{i + 1}] rises");
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 3f)]
    [InlineData(-1, 3f)]
    [InlineData(8, 0f)]
    [InlineData(8, -3f)]
    [InlineData(8, float.NaN)]
    [InlineData(8, float.PositiveInfinity)]
    public void Senseless_arguments_are_refused(int steps, float shift) =>
        Assert.All(SigmaSchedules.Names, name => Assert.Throws<ArgumentOutOfRangeException>(() => SigmaSchedules.Get(name).Sigmas(steps, shift)));

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

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
