using ZImage.Bench;

namespace ZImage.Tests.Bench;

/// <summary>What the benchmark reads out of the log of stable-diffusion.cpp.</summary>
public sealed class PeerLogTests
{
    private static readonly OutputLine[] s_log =
    [
        new(0.01, "[INFO ] model_loader.cpp:236  - load z-image.gguf using gguf format"),
        new(0.75, "[INFO ] stable-diffusion.cpp:5628 - generate_image 256x256"),
        new(1.00, "[INFO ] model_loader.cpp:1304 - loading tensors completed, taking 0.23s (read: 0.20s, memcpy: 0.00s, convert: 0.00s, copy_to_backend: 0.00s)"),
        new(1.20, "[DEBUG] conditioner.hpp:2882 - computing condition graph completed, taking 450 ms"),
        new(1.20, "[INFO ] stable-diffusion.cpp:5296 - get_learned_condition completed, taking 0.45s"),
        new(1.40, "[INFO ] model_loader.cpp:971  - memory-mapped 64 tensors in 1 files (4.97 MB), taking 0.02s"),
        new(1.42, "[INFO ] model_loader.cpp:1304 - loading tensors completed, taking 0.21s (read: 0.01s, memcpy: 0.00s, convert: 0.00s, copy_to_backend: 0.00s)"),
        new(3.20, "  |==================================================| 3/3 - 1.20it/s"),
        new(3.20, "[INFO ] stable-diffusion.cpp:5711 - sampling completed, taking 2.00s"),
        new(3.20, "[INFO ] stable-diffusion.cpp:5723 - generating 1 latent images completed, taking 2.00s"),
        new(3.40, "[INFO ] model_loader.cpp:1304 - loading tensors completed, taking 0.20s (read: 0.01s, memcpy: 0.00s, convert: 0.00s, copy_to_backend: 0.00s)"),
        new(6.20, "[DEBUG] vae.hpp:220  - computing vae decode graph completed, taking 3.00s"),
        new(6.20, "[INFO ] stable-diffusion.cpp:5391 - decode_first_stage completed, taking 3.00s"),
        new(6.21, "[INFO ] stable-diffusion.cpp:5861 - generate_image completed in 5.46s"),
        new(6.30, "[INFO ] main.cpp:490  - save result image 0 to 'peer.png' (success)"),
    ];

    [Fact]
    public void Reading_tensors_is_loading_wherever_it_happens()
    {
        PeerTimes times = PeerLog.Read(s_log);
        Assert.Equal(0.75 + 0.23 + 0.02 + 0.21 + 0.20, times.Load, 1e-9);
        Assert.Equal(0.22, times.Text, 1e-9);
        Assert.Equal(1.77, times.Sample, 1e-9);
        Assert.Equal(2.80, times.Decode, 1e-9);
        Assert.Equal(6.21, times.Whole, 1e-9);
    }

    [Theory]
    [InlineData("get_learned_condition", "the prompt")]
    [InlineData("sampling completed", "the steps")]
    [InlineData("decode_first_stage", "the decoding")]
    [InlineData("generate_image completed", "the picture")]
    public void A_log_without_a_part_names_it(string line, string part)
    {
        FormatException fault = Assert.Throws<FormatException>(() => PeerLog.Read(s_log.Where(each => !each.Text.Contains(line, StringComparison.Ordinal))));
        Assert.Contains(part, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_seen_from_outside()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are of Linux.");
        MeasuredProcess process = MeasuredProcess.Run("sh", ["-c", "echo first; sleep 0.2; echo second >&2"]);
        Assert.Equal(["first", "second"], process.Lines.Select(line => line.Text));
        Assert.InRange(process.Lines[1].Seconds, 0.2, process.Seconds + 0.1);
        Assert.InRange(process.PeakBytes, 100_000, 100_000_000);
        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => MeasuredProcess.Run("sh", ["-c", "echo why; exit 3"]));
        Assert.Matches("exit code 3:\nwhy$", fault.Message);
    }
}
