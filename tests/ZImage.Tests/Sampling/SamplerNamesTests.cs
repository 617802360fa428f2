using ZImage.Engine.Sampling;

namespace ZImage.Tests.Sampling;

/// <summary>Names of samplers and schedulers as other programs write them.</summary>
public class SamplerNamesTests
{
    [Theory]
    // AUTOMATIC1111's web UI and its relatives.
    [InlineData("Euler", "euler", null)]
    [InlineData("Euler a", "euler_a", null)]
    [InlineData("DPM++ 2M", "dpm++2m", null)]
    [InlineData("DPM++ 2M Karras", "dpm++2m", "karras")]
    [InlineData("DPM++ 2M SDE Exponential", "dpm++2m_sde", "exponential")]
    [InlineData("DPM++ 2M SDE", "dpm++2m_sde", null)]
    [InlineData("DPM++ 2S a Karras", "dpm++2s_a", "karras")]
    [InlineData("DPM2", "dpm2", null)]
    [InlineData("Heun", "heun", null)]
    [InlineData("LMS Karras", "lms", "karras")]
    [InlineData("LCM", "lcm", null)]
    [InlineData("DDIM", "ddim_trailing", null)]
    [InlineData("Euler SGM Uniform", "euler", "sgm_uniform")]
    [InlineData("Euler a Align Your Steps", "euler_a", null)]
    [InlineData("Euler a Automatic", "euler_a", null)]
    [InlineData("Euler KL Optimal", "euler", "kl_optimal")]
    [InlineData("Euler CFG++ Beta", "euler_cfg_pp", "beta")]
    // ComfyUI.
    [InlineData("euler_ancestral", "euler_a", null)]
    [InlineData("euler_ancestral_cfg_pp", "euler_a_cfg_pp", null)]
    [InlineData("dpmpp_2m", "dpm++2m", null)]
    [InlineData("dpmpp_2m_karras", "dpm++2m", "karras")]
    [InlineData("dpmpp_2s_ancestral", "dpm++2s_a", null)]
    [InlineData("dpmpp_2m_sde_gpu", "dpm++2m_sde", null)]
    [InlineData("dpm_2", "dpm2", null)]
    [InlineData("gradient_estimation", "euler_ge", null)]
    [InlineData("euler_normal", "euler", "discrete")]
    // stable-diffusion.cpp, and what it writes into files.
    [InlineData("dpm++2mv2", "dpm++2mv2", null)]
    [InlineData("res_multistep", "res_multistep", null)]
    [InlineData("euler simple", "euler", "simple")]
    [InlineData("euler lcm", "euler", "lcm")]
    [InlineData("k_dpmpp_2m", "dpm++2m", null)]
    // Spelling.
    [InlineData("  EULER  A ", "euler_a", null)]
    [InlineData("dpm++ 2m karras", "dpm++2m", "karras")]
    // A scheduler alone.
    [InlineData("Karras", null, "karras")]
    [InlineData("SGM Uniform", null, "sgm_uniform")]
    [InlineData("FlowMatchEulerDiscreteScheduler", null, "flow_match")]
    // What there is not, whole or in part.
    [InlineData("UniPC", null, null)]
    [InlineData("DPM++ SDE Karras", null, null)]
    [InlineData("DPM++ 2M SDE Heun Karras", null, null)]
    [InlineData("dpmpp_3m_sde", null, null)]
    [InlineData("TCD", null, null)]
    [InlineData("Euler Turbo", null, null)]
    [InlineData("", null, null)]
    [InlineData(" ", null, null)]
    public void Display_names_are_split(string displayName, string? sampler, string? scheduler)
        => Assert.Equal((sampler, scheduler), SamplerNames.Parse(displayName));

    [Fact]
    public void Every_name_stands_for_itself()
    {
        Assert.All(Samplers.Names, name => Assert.Equal((name, null), SamplerNames.Parse(name)));
        Assert.All(SigmaSchedules.Names.Except(Samplers.Names), name => Assert.Equal((null, name), SamplerNames.Parse(name)));
        Assert.All(Samplers.Names, sampler => Assert.All(SigmaSchedules.Names, schedule => Assert.Equal((sampler, schedule), SamplerNames.Parse($"{sampler} {schedule}"))));
    }

    [Theory]
    [InlineData("Normal", "discrete")]
    [InlineData("Polyexponential", "exponential")]
    [InlineData("KARRAS", "karras")]
    public void Schedulers_have_other_names_too(string name, string expected)
    {
        Assert.True(SigmaSchedules.TryFind(name, out ISigmaSchedule? schedule));
        Assert.Equal(expected, schedule.Name);
        Assert.False(SigmaSchedules.TryFind("magic", out _));
    }
}
