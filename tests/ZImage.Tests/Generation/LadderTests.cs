using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Hosting;
using ZImage.Tests.Models;

namespace ZImage.Tests.Generation;

/// <summary>Allocations that fail although the plan counted on them: the run goes on with less memory, and draws the same picture.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class LadderTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    public static TheoryData<string> EachDevice() => [.. ComputeDevice.Gpus, "CPU"];

    private static readonly OffloadOptions s_plain = new() { PromptCache = PromptCaching.Off };

    // Each allocation of a run fails in turn, once: at every stage the run goes on.
    [Theory]
    [InlineData(OffloadMode.Auto)]
    [InlineData(OffloadMode.CondOnly)]
    [InlineData(OffloadMode.Aggressive)]
    public void A_run_goes_on_from_whichever_allocation_fails(OffloadMode mode)
    {
        using ModelSession session = TinyModel.Open("CPU", s_plain, Stop);
        GeneratedImage reference = session.Generate(TinyModel.Request, null, Stop);
        MemoryAccount device = session.Accounts.Device;
        var phases = new HashSet<Phase>();
        for (int refused = 0, asked = int.MaxValue; refused < asked; refused++)
        {
            // Everything must be placed again, so that every place is asked for.
            session.SetOffload(s_plain with { Mode = OffloadMode.LayerStreaming, VramBudget = MemoryBudget.FromBytes(TinyModel.LeastBudget(session, TinyModel.Request, 1, Stop)) }, null, Stop);
            session.SetOffload(s_plain with { Mode = mode }, null, Stop);
            int count = 0, at = refused;
            device.Refuses = (_, _) => count++ == at;
            var listener = new RunListener();
            GeneratedImage image = session.Generate(TinyModel.Request, listener, Stop);
            device.Refuses = null;
            asked = count;
            Assert.Equal((reference.LatentHash, reference.PixelHash), (image.LatentHash, image.PixelHash));
            if (refused >= asked)
            {
                Assert.Empty(image.StepsDown);
                break;
            }
            StepDown step = Assert.Single(image.StepsDown);
            Assert.True(step.ToBudgetBytes < step.FromBudgetBytes);
            Assert.Equal(step.FromBudgetBytes, image.Plan.BudgetBytes);
            Assert.Equal(step.ToBudgetBytes, session.VramBudgetBytes);
            Assert.Equal(step.Phase, step.Plan.Phases[0].Phase);
            Assert.Contains(listener.Warnings, warning => warning == step.Describe());
            phases.Add(step.Phase);
            // What was computed before is not computed again.
            Assert.Single(image.Timeline.Entries, entry => entry.Phase == Phase.Condition);
            Assert.Equal(3, image.Timeline.Entries.Count(entry => entry.Phase == Phase.Sample));
            // The pictures to come are planned with what there was.
            GeneratedImage next = session.Generate(TinyModel.Request, null, Stop);
            Assert.Empty(next.StepsDown);
            Assert.Equal(reference.LatentHash, next.LatentHash);
            Assert.InRange(next.Plan.BudgetBytes, 1, step.ToBudgetBytes);
        }
        Assert.Equal([Phase.Condition, Phase.Sample, Phase.Decode], phases.Order());
    }

    // Less is to be had than was thought, for good: step by step down to a plan that does.
    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Steps_lead_down_to_a_plan_that_does(string device)
    {
        using ModelSession session = TinyModel.Open(device, s_plain, Stop);
        ImageRequest request = TinyModel.Request with { Steps = 2 };
        GeneratedImage reference = session.Generate(request, null, Stop);
        long least = TinyModel.LeastBudget(session, request, 1, Stop), all = reference.Plan.PeakBytes;
        long real = least + (all - least) / 3;
        MemoryAccount account = session.Accounts.Device;
        session.SetOffload(s_plain with { Mode = OffloadMode.LayerStreaming, VramBudget = MemoryBudget.FromBytes(least) }, null, Stop);
        session.SetOffload(s_plain with { Mode = OffloadMode.CondOnly }, null, Stop);
        account.Refuses = (bytes, _) => account.Bytes + bytes > real;
        GeneratedImage image = session.Generate(request, null, Stop);
        account.Refuses = null;
        Assert.Equal((reference.LatentHash, reference.PixelHash), (image.LatentHash, image.PixelHash));
        Assert.True(image.StepsDown.Count > 1, $"{image.StepsDown.Count} steps");
        // When the first phase began, more was on the device than there is room for later.
        Assert.All(image.Timeline.Entries.Where(entry => entry.Phase is Phase.Sample or Phase.Decode), entry => Assert.InRange(entry.PeakDeviceBytes, 1, real));
        Assert.Equal(image.StepsDown.Select(step => step.ToBudgetBytes).OrderDescending(), image.StepsDown.Select(step => step.ToBudgetBytes));
        // New options begin anew.
        session.SetOffload(s_plain with { Mode = OffloadMode.None }, null, Stop);
        Assert.Equal(all, session.Generate(request, null, Stop).PeakDeviceBytes);
    }

    [Fact]
    public void Drawings_that_are_finished_stay_finished()
    {
        using ModelSession session = TinyModel.Open("CPU", s_plain with { Mode = OffloadMode.Aggressive }, Stop);
        (ImageRequest Request, int Images)[] drawings = [.. Enumerable.Range(0, 3).Select(i => (TinyModel.Request with { Seed = i, Prompt = $"picture {i}" }, 2))];
        string[] alone = [.. drawings.SelectMany(drawing => session.Generate(drawing.Request, 2, null, Stop)).Select(image => image.PixelHash)];
        MemoryAccount account = session.Accounts.Device;
        foreach (string purpose in (string[])["the transformer's computation", "decoding the image"])
        {
            // The second drawing's own allocation, or the second picture's.
            session.SetOffload(session.Offload, null, Stop);
            int asked = 0;
            account.Refuses = (_, what) => what.Contains(purpose, StringComparison.Ordinal) && ++asked == 4;
            var listener = new RunListener();
            var images = new List<GeneratedImage>();
            session.Generate(drawings, result => images.AddRange(result.Images), listener, Stop);
            account.Refuses = null;
            if (asked >= 4)
                Assert.Single(images[^1].StepsDown);
            Assert.Equal(alone, images.Select(image => image.PixelHash));
            Assert.Equal(9, listener.Progress.Count(progress => progress is { Phase: Phase.Sample, Step: > 0 }));
        }
    }

    [Fact]
    public void Strict_makes_it_an_error()
    {
        using ModelSession session = TinyModel.Open("CPU", s_plain with { Mode = OffloadMode.Aggressive, Strict = true }, Stop);
        string reference = session.Generate(TinyModel.Request, null, Stop).LatentHash;
        session.Accounts.Device.Refuses = (_, purpose) => purpose.Contains("decoding", StringComparison.Ordinal);
        Assert.Throws<DeviceOutOfMemoryException>(() => session.Generate(TinyModel.Request, null, Stop));
        session.Accounts.Device.Refuses = null;
        Assert.Equal(reference, session.Generate(TinyModel.Request, null, Stop).LatentHash);
    }

    [Fact]
    public void Where_nothing_does_the_first_error_stays()
    {
        using ModelSession session = TinyModel.Open("CPU", s_plain, Stop);
        string reference = session.Generate(TinyModel.Request, null, Stop).LatentHash;
        session.SetOffload(s_plain with { Mode = OffloadMode.Aggressive }, null, Stop);
        session.Accounts.Device.Refuses = (_, _) => true;
        DeviceOutOfMemoryException fault = Assert.Throws<DeviceOutOfMemoryException>(() => session.Generate(TinyModel.Request, null, Stop));
        Assert.Equal("DeviceOutOfMemory", fault.ErrorId);
        session.Accounts.Device.Refuses = null;
        session.SetOffload(s_plain, null, Stop);
        Assert.Equal(reference, session.Generate(TinyModel.Request, null, Stop).LatentHash);
    }

    // At import, and when options change, weights are placed already.
    [Fact]
    public void Placing_weights_steps_down_as_well()
    {
        using ModelSession session = TinyModel.Open("CPU", s_plain with { Mode = OffloadMode.Aggressive }, Stop);
        string reference = session.Generate(TinyModel.Request, null, Stop).LatentHash;
        int asked = 0;
        session.Accounts.Device.Refuses = (_, _) => asked++ == 2;
        var listener = new RunListener();
        session.SetOffload(s_plain with { Mode = OffloadMode.None }, listener, Stop);
        session.Accounts.Device.Refuses = null;
        Assert.Contains(listener.Warnings, warning => warning.Contains("goes on", StringComparison.Ordinal));
        Assert.Equal(reference, session.Generate(TinyModel.Request, null, Stop).LatentHash);
    }
}
