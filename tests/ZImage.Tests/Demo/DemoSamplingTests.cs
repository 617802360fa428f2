using ZImage.Engine.Generation;
using ZImage.Engine.Sampling;
using ZImage.Ggml;
using ZImage.Tests.Hosting;
using ZImage.Tests.Imaging;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Demo;

/// <summary>What the demo model draws with each sampler and each scheduler.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class DemoSamplingTests(ITestOutputHelper output)
{
    private const int Steps = 8, ManySteps = 24;

    // Samplers that follow the same paths as Euler's method, and how near to its end they come.
    private static readonly Dictionary<string, double> LeastPsnr = new()
    {
        ["ddim_trailing"] = 38, ["dpm++2m"] = 38, ["dpm++2mv2"] = 28, ["dpm2"] = 38, ["euler"] = 38, ["euler_ge"] = 35, ["heun"] = 38,
        ["ipndm"] = 38, ["ipndm_v"] = 38, ["lms"] = 25, ["res_2s"] = 38, ["res_multistep"] = 38,
    };

    [Fact]
    public void Every_sampler_and_scheduler_draws_what_the_prompt_says()
    {
        DemoJudge judge = DemoJudge.Load(GoldenJson.PathOf("demo-judge.gguf"));
        using ModelSession session = ModelSession.Open(DemoModel.Files, Devices.Cpu, new SessionOptions { Threads = 1 }, null, TestContext.Current.CancellationToken);
        byte[] Draw(string sampler, string scheduler, int steps) => session.Generate(new ImageRequest
        {
            Prompt = "a red star on a blue background",
            Width = DemoJudge.PictureSize,
            Height = DemoJudge.PictureSize,
            Steps = steps,
            Sampler = sampler,
            Scheduler = scheduler,
            Shift = session.Defaults.Shift,
            CfgScale = Samplers.Get(sampler).UsesUnguided ? 0.3f : 1,
            Seed = 1,
        }, null, TestContext.Current.CancellationToken).Pixels.Rgb;

        byte[] exact = Draw("euler", "flow_match", ManySteps);
        foreach ((string sampler, string scheduler) in Samplers.Names.Select(name => (name, "flow_match")).Concat(SigmaSchedules.Names.Except(["flow_match"]).Select(name => ("euler", name))))
        {
            byte[] picture = Draw(sampler, scheduler, Steps);
            DemoVerdict verdict = judge.Judge(picture);
            double psnr = TestPictures.Psnr(exact, picture);
            output.WriteLine($"{sampler} on {scheduler}: PSNR {psnr:F1} dB, a {verdict.Colour} {verdict.Subject} on {verdict.Background}");
            Assert.Equal(new DemoVerdict("star", "red", "blue"), verdict);
            if (scheduler == "flow_match" && LeastPsnr.TryGetValue(sampler, out double least))
                Assert.True(psnr >= least, $"{sampler}: {psnr:F1} dB");
        }
    }
}
