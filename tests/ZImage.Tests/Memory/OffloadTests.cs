using System.Globalization;
using System.Text.RegularExpressions;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;
using ZImage.Tests.Generation;
using ZImage.Tests.Imaging;
using ZImage.Tests.Models;

namespace ZImage.Tests.Memory;

/// <summary>
/// Whole sessions in every mode: the same latent and the same picture to the last bit, and the memory that was planned, to the byte. On the CPU
/// weights are copied here as on a card, and on the software Vulkan device they are.
/// </summary>
public sealed class OffloadTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Dictionary<string, GeneratedImage> s_references = [];

    public static TheoryData<string> EachDevice() => [.. ComputeDevice.Gpus, "CPU"];

    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Every_mode_draws_the_same_picture_with_the_memory_of_its_plan(string device)
    {
        using ModelSession session = Open(device, new OffloadOptions());
        foreach (OffloadMode mode in Planner.Modes.Append(OffloadMode.Auto))
        {
            // The software device is slow; the reference is drawn without offloading.
            if (device == "Vulkan0" && mode is (OffloadMode.None or OffloadMode.Auto))
                continue;
            session.SetOffload(Plain(new OffloadOptions { Mode = mode }), null, Stop);
            GeneratedImage first = session.Generate(Request(device), null, Stop);
            AssertSame(Reference(device), first);
            Assert.Equal(mode, first.Plan.RequestedMode);
            AssertAsPlanned(first);
            if (device == "Vulkan0" && mode != OffloadMode.Aggressive)
                continue;
            GeneratedImage second = session.Generate(Request(device), null, Stop);
            AssertSame(Reference(device), second);
            AssertAsPlanned(second);
            Assert.Equal(second.Plan.UploadBytes, second.UploadedBytes);
        }
    }

    // Seeded budgets from the least that does to more than everything.
    [Theory]
    [InlineData("CPU", 1)]
    [InlineData("CPU", 2)]
    [InlineData("CPU", 3)]
    [InlineData("Vulkan0", 4)]
    [InlineData("CUDA0", 5)]
    [InlineData("CUDA0", 6)]
    public void Every_budget_draws_the_same_picture(string device, int seed)
    {
        var random = new Random(seed);
        using ModelSession session = Open(device, new OffloadOptions());
        long all = session.Plan(Request(device), [OffloadMode.None], 1, false, null, Stop)[0].PeakBytes, least = Least(session, device);
        Assert.InRange(least, 1, all - 1);
        int streamed = 0;
        bool isSlow = device == "Vulkan0";
        for (int i = 0; i < (isSlow ? 2 : 8); i++)
        {
            long budget = i == 0 ? least : i == 1 && !isSlow ? all : least + random.NextInt64(all - least);
            OffloadMode mode = random.Next(2) == 0 ? OffloadMode.Auto : OffloadMode.LayerStreaming;
            session.SetOffload(Plain(new OffloadOptions { Mode = mode, VramBudget = Bytes(budget), Prefetch = random.Next(2) == 0 }), null, Stop);
            GeneratedImage image = session.Generate(Request(device), null, Stop);
            AssertSame(Reference(device), image);
            AssertAsPlanned(image);
            Assert.InRange(image.PeakDeviceBytes, 1, budget);
            if (!isSlow)
            {
                image = session.Generate(Request(device), null, Stop);
                AssertSame(Reference(device), image);
                Assert.Equal(image.Plan.UploadBytes, image.UploadedBytes);
            }
            streamed = Math.Max(streamed, image.Plan.StreamedBlocks);
        }
        Assert.True(streamed > 2, "No budget was small enough to stream blocks of the transformer.");
    }

    [Fact]
    public void Streaming_moves_a_block_once_a_step_for_both_prompts_and_all_pictures()
    {
        using ModelSession session = Open("CPU", new OffloadOptions { Mode = OffloadMode.LayerStreaming });
        ImageRequest guided = Request() with { CfgScale = 3, NegativePrompt = "a dog" };
        session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.None }), null, Stop);
        GeneratedImage[] alone = [.. Enumerable.Range(0, 3).Select(i => session.Generate(guided with { Seed = guided.Seed + i }, null, Stop))];

        long budget = LeastFor(session, guided, 3);
        session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.LayerStreaming, VramBudget = Bytes(budget) }), null, Stop);
        IReadOnlyList<GeneratedImage> together = session.Generate(guided, 3, null, Stop);
        Assert.Equal(alone.Select(image => (image.LatentHash, image.PixelHash, image.Seed)), together.Select(image => (image.LatentHash, image.PixelHash, image.Seed)));
        Assert.True(together[0].Plan.StreamedBlocks > 2);
        foreach (TimelineEntry step in together[0].Timeline.Entries.Where(entry => entry.Phase == Phase.Sample).Skip(1))
            Assert.InRange(step.UploadedBytes, 1, session.Components[0].Bytes);
        AssertAsPlanned(together[0]);
        // The last picture has seen the others decoded.
        Assert.Equal(together[0].Plan.UploadBytes, session.Generate(guided, 3, null, Stop)[^1].UploadedBytes);
    }

    [Fact]
    public void A_picture_made_in_company_is_the_picture_made_alone_with_every_kind_of_noise()
    {
        using ModelSession session = Open("CPU", new OffloadOptions());
        foreach (string sampler in (string[])["euler_a", "dpm++2m_sde", "er_sde", "heun"])
        {
            ImageRequest request = Request() with { Sampler = sampler };
            string[] alone = [.. Enumerable.Range(0, 2).Select(i => session.Generate(request with { Seed = request.Seed + i }, null, Stop).LatentHash)];
            Assert.Equal(alone, session.Generate(request, 2, null, Stop).Select(image => image.LatentHash));
        }
    }

    // Each allocation fails in turn: the right fault, nothing leaked, and the session draws on.
    [Theory]
    [InlineData(OffloadMode.None)]
    [InlineData(OffloadMode.CondDiffusion)]
    [InlineData(OffloadMode.LayerStreaming)]
    public void A_refused_allocation_is_a_fault_and_the_session_goes_on(OffloadMode mode)
    {
        using ModelSession session = Open("CPU", new OffloadOptions { Mode = mode });
        if (mode == OffloadMode.LayerStreaming)
            session.SetOffload(Plain(new OffloadOptions { Mode = mode, VramBudget = Bytes(Least(session)) }), null, Stop);
        session.Generate(Request(), null, Stop);
        MemoryAccount device = session.Accounts.Device;
        for (int refused = 0, count = int.MaxValue; refused < count; refused++)
        {
            session.SetOffload(session.Offload, null, Stop);
            int asked = 0;
            device.Refuses = (_, _) => asked++ == refused;
            DeviceOutOfMemoryException? fault = null;
            try
            {
                AssertSame(Reference("CPU"), session.Generate(Request(), null, Stop));
                count = asked;
            }
            catch (DeviceOutOfMemoryException e)
            {
                fault = e;
            }
            device.Refuses = null;
            Assert.Equal(refused < asked, fault is not null);
            GeneratedImage image = session.Generate(Request(), null, Stop);
            AssertSame(Reference("CPU"), image);
            Assert.Equal(image.Plan.Phases[^1].WeightBytes, session.DeviceBytes);
            Assert.InRange(refused, 0, 500);
        }
    }

    // Pinned memory that is refused for keeping weights is done without; without staging nothing can be moved.
    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Refused_host_memory_is_done_without_or_is_a_fault(string device)
    {
        Assert.SkipWhen(device == "CPU", "There weights need no staging.");
        using ModelSession session = Open(device, new OffloadOptions());
        session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.LayerStreaming, VramBudget = Bytes(Least(session, device)) }), null, Stop);
        session.Accounts.Ram.Refuses = (_, purpose) => purpose != "staging";
        AssertSame(Reference(device), session.Generate(Request(device), null, Stop));
        Assert.Equal(0, session.HostBytes);
        session.Accounts.Ram.Refuses = (_, _) => true;
        Assert.Throws<DeviceOutOfMemoryException>(() => session.Generate(Request(device), null, Stop));
        session.Accounts.Ram.Refuses = null;
        AssertSame(Reference(device), session.Generate(Request(device), null, Stop));
        Assert.NotEqual(0, session.HostBytes);
    }

    [Fact]
    public void What_does_not_fit_is_said_before_anything_is_moved()
    {
        using ModelSession session = Open("CPU", new OffloadOptions { Mode = OffloadMode.CondOnly });
        session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.CondOnly, VramBudget = Bytes(Least(session)) }), null, Stop);
        long before = session.DeviceBytes;
        session.Accounts.Device.Refuses = (_, purpose) => throw new InvalidOperationException("Something was allocated for " + purpose);
        BudgetTooSmallException fault = Assert.Throws<BudgetTooSmallException>(() => session.Generate(Request(), null, Stop));
        session.Accounts.Device.Refuses = null;
        Assert.Equal(before, session.DeviceBytes);
        Assert.Equal("BudgetTooSmall", fault.ErrorId);
        Assert.Contains(fault.Plan.Tightest.Phase.ToString(), fault.Message, StringComparison.Ordinal);
        Assert.Contains("LayerStreaming", fault.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("budget of", fault.RecommendedAction, StringComparison.Ordinal);
        session.SetOffload(Plain(new OffloadOptions()), null, Stop);
        AssertSame(Reference("CPU"), session.Generate(Request(), null, Stop));
    }

    [Fact]
    public void The_advised_budget_and_the_advised_size_do()
    {
        ImageRequest large = Request() with { Width = 128, Height = 96 };
        using ModelSession session = Open("CPU", new OffloadOptions());
        session.SetOffload(Plain(new OffloadOptions { VramBudget = Bytes(LeastFor(session, large, 1) - (1 << 20)) }), null, Stop);
        BudgetTooSmallException fault = Assert.Throws<BudgetTooSmallException>(() => session.Generate(large, null, Stop));
        Match size = Regex.Match(fault.RecommendedAction, @"a picture of (\d+)x(\d+)"), budget = Regex.Match(fault.RecommendedAction, @"a budget of ([\d.]+) MiB with the mode (\w+)");
        Assert.True(size.Success && budget.Success, fault.RecommendedAction);
        AssertAsPlanned(session.Generate(large with { Width = Number(size, 1), Height = Number(size, 2) }, null, Stop));

        long advised = (long)(double.Parse(budget.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (1 << 20));
        session.SetOffload(Plain(new OffloadOptions { Mode = Enum.Parse<OffloadMode>(budget.Groups[2].ValueSpan), VramBudget = Bytes(advised) }), null, Stop);
        AssertAsPlanned(session.Generate(large, null, Stop));

        static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_plan_is_made_also_where_weights_fill_the_budget()
    {
        MemoryBudget least;
        using (ModelSession session = Open("CPU", new OffloadOptions()))
            least = Bytes(Least(session));
        // A session that has not measured yet how fast the device is, and has no room for it.
        using ModelSession full = Open("CPU", new OffloadOptions { Mode = OffloadMode.LayerStreaming, VramBudget = least });
        MemoryPlan plan = full.Plan(Request(), [OffloadMode.LayerStreaming], 1, false, null, Stop)[0];
        Assert.True(plan.Fits);
        Assert.Equal(plan.BudgetBytes, full.VramBudgetBytes);
        AssertSame(Reference("CPU"), full.Generate(Request(), null, Stop));
    }

    // A vocabulary is read beside everything else, from a file that must not be unmapped meanwhile.
    [Fact]
    public void Files_are_closed_after_the_last_that_reads_them()
    {
        using var thread = new NativeThread("test");
        Task? reader = null;
        thread.Run(() => new LoadedModel(TinyModel.Files(), Devices.Cpu, new SessionOptions(), opened => reader = Task.Run(
            () =>
            {
                Thread.Sleep(200);
                _ = opened.File(ComponentKind.TextEncoder).Checkpoint.Files[0].Span(0, 4)[0];
            },
            Stop)).Dispose());
        Assert.Equal(TaskStatus.RanToCompletion, reader!.Status);
    }

    // Encoding is planned for as well, though no cmdlet encodes yet.
    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Encoding_takes_what_its_plan_says(string device) => ComputeDevice.Get(device).Run(memory =>
    {
        using ComponentFile file = ComponentFile.Open(Path.Combine(GoldenFile.Folder, "vae-tiny.gguf"), ComponentKind.Autoencoder);
        using var model = new Autoencoder(file, memory.Backend);
        using WeightResidency residency = WeightResidency.Place(model.Weights, memory, Stop);
        foreach ((int width, int height) in ((int, int)[])[(32, 32), (64, 32)])
        {
            long before = memory.Bytes;
            memory.ResetPeak();
            model.Encode(new float[width * height * 3], width, height, memory, Stop);
            Assert.Equal(before + model.MeasureEncode(width, height, memory, ImageWay.Whole).Bytes, memory.PeakBytes);
            memory.ResetPeak();
            model.Decode(new float[width * height / 4], width / 8, height / 8, memory, null, Stop);
            Assert.Equal(before + model.MeasureDecode(width / 8, height / 8, memory, ImageWay.Whole).Bytes, memory.PeakBytes);
        }
        return true;
    });

    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Components_on_the_CPU_draw_nearly_the_same_picture(string device)
    {
        Assert.SkipWhen(device == "CPU", "There everything is on the CPU.");
        using ModelSession session = Open(device, new OffloadOptions { TextEncoderOnCpu = true });
        foreach ((bool text, bool vae) in device == "Vulkan0" ? ((bool, bool)[])[(true, true), (false, true)] : [(true, false), (true, true), (false, true)])
        {
            session.SetOffload(Plain(new OffloadOptions { TextEncoderOnCpu = text, VaeOnCpu = vae }), null, Stop);
            GeneratedImage image = session.Generate(Request(device), null, Stop);
            Assert.InRange(TestPictures.Psnr(Reference(device).Pixels.Rgb, image.Pixels.Rgb), 45, double.PositiveInfinity);
            Assert.Equal(text ? "CPU" : device, image.Plan.Phases[0].Device);
            Assert.Equal(vae ? "CPU" : device, image.Plan.Phases[2].Device);
            Assert.Equal((text, vae), (image.Plan.Phases[0].WorkspaceBytes == 0, image.Plan.Phases[2].WorkspaceBytes == 0));
            AssertAsPlanned(image);
        }
        // And back again on the live session.
        session.SetOffload(Plain(new OffloadOptions()), null, Stop);
        AssertSame(Reference(device), session.Generate(Request(device), null, Stop));
    }

    [Theory]
    [MemberData(nameof(EachDevice))]
    public void Weights_come_again_from_memory_or_from_the_file(string device)
    {
        Assert.SkipWhen(device == "CPU", "There weights need no staging.");
        using ModelSession session = Open(device, new OffloadOptions());
        MemoryBudget least = Bytes(Least(session, device));
        foreach (ReloadSource reload in (ReloadSource[])[ReloadSource.Memory, ReloadSource.File])
        {
            session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.LayerStreaming, VramBudget = least, Reload = reload }), null, Stop);
            if (device != "Vulkan0")
                AssertSame(Reference(device), session.Generate(Request(device), null, Stop));
            GeneratedImage image = session.Generate(Request(device), null, Stop);
            AssertSame(Reference(device), image);
            Assert.Equal(reload == ReloadSource.File ? image.Plan.UploadBytes : 0, image.Plan.RereadBytes);
            // Staging has gone when the picture is there; what is kept stays until the options change.
            Assert.Equal(reload == ReloadSource.File, session.HostBytes == 0);
        }
        session.SetOffload(Plain(new OffloadOptions { Mode = OffloadMode.None }), null, Stop);
        Assert.Equal(0, session.HostBytes);
    }

    [Fact]
    public void A_cancelled_run_leaves_the_session_usable_in_every_mode()
    {
        using ModelSession session = Open("CPU", new OffloadOptions());
        long least = Least(session);
        foreach (OffloadMode mode in Planner.Modes)
        {
            session.SetOffload(Plain(new OffloadOptions { Mode = mode, VramBudget = mode == OffloadMode.LayerStreaming ? Bytes(least) : MemoryBudget.Default }), null, Stop);
            using var cancel = new CancellationTokenSource();
            Assert.Throws<GenerationCancelledException>(() => session.Generate(Request(), new RunListener(Phase.Sample, cancel), cancel.Token));
            AssertSame(Reference("CPU"), session.Generate(Request(), null, Stop));
        }
    }

    // Each run reads its prompt anew and keeps to its plan: PromptCacheTests and LadderTests have the rest.
    private static OffloadOptions Plain(OffloadOptions options) => options with { PromptCache = PromptCaching.Off, Strict = true };

    private static ModelSession Open(string device, OffloadOptions offload) => TinyModel.Open(device, Plain(offload), Stop);

    // The software device takes seconds for what others do in milliseconds.
    private static ImageRequest Request(string device = "CPU") => TinyModel.Request with { Steps = device == "Vulkan0" ? 2 : TinyModel.Request.Steps };

    private static GeneratedImage Reference(string device)
    {
        lock (s_references)
        {
            if (s_references.TryGetValue(device, out GeneratedImage? known))
                return known;
            using ModelSession session = Open(device, new OffloadOptions { Mode = OffloadMode.None });
            return s_references[device] = session.Generate(Request(device), null, Stop);
        }
    }

    private static void AssertSame(GeneratedImage expected, GeneratedImage actual)
        => Assert.Equal((expected.LatentHash, expected.PixelHash), (actual.LatentHash, actual.PixelHash));

    private static void AssertAsPlanned(GeneratedImage image)
    {
        foreach (PhasePlan phase in image.Plan.Phases)
        {
            TimelineEntry[] entries = [.. image.Timeline.Entries.Where(entry => entry.Phase == phase.Phase)];
            Assert.Equal(phase.PeakBytes, entries.Max(entry => entry.PeakDeviceBytes));
            // What a phase allocates beside weights is gone when it ends.
            if (phase.Phase != Phase.Sample)
                Assert.All(entries, entry => Assert.Equal(phase.WeightBytes, entry.DeviceBytes));
        }
        Assert.Equal(image.Plan.PeakBytes, image.PeakDeviceBytes);
    }

    // The smallest budget in which the picture can be made, by streaming.
    private static long Least(ModelSession session, string device = "CPU") => LeastFor(session, Request(device), 1);

    private static long LeastFor(ModelSession session, ImageRequest request, int images) => TinyModel.LeastBudget(session, request, images, Stop);

    private static MemoryBudget Bytes(long bytes) => MemoryBudget.FromBytes(bytes);
}
