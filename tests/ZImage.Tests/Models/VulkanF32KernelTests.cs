using ZImage.Ggml;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Models;

/// <summary>
/// The golden cases on Vulkan once more with its F32 kernels: there the graphs must hold the bars of F32 weights. The choice of kernels is
/// read once in a process, so these run in one of their own.
/// </summary>
public sealed class VulkanF32KernelTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Golden_cases_hold_the_bars_of_F32_with_F32_kernels()
    {
        IReadOnlyList<Device> rows = Devices.List(BackendKind.Vulkan);
        Assert.SkipUnless(rows.Any(d => d.IsAvailable), $"There is no Vulkan device: {rows[0].Description}");
        Type[] classes = [typeof(TransformerGoldenTests), typeof(TextEncoderGoldenTests), typeof(AutoencoderGoldenTests), typeof(EndToEndGoldenTests)];
        ChildProcess process = await ChildProcess.RunAsync(Environment.ProcessPath!,
            ["-noColor", "-preEnumerateTheories", "-trait", $"{ComputeDevice.Trait}=Vulkan0", .. classes.SelectMany(c => (string[])["-class", c.FullName!])],
            environment: ("GGML_VK_DISABLE_F16", "1"));
        output.WriteLine(process.Output);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {process.Output} {process.Error}");
        Assert.Matches(@"Total: [1-9]\d*, Errors: 0, Failed: 0, Skipped: 0", process.Output);
        Assert.DoesNotContain("There is no Vulkan device", process.Output);
    }
}
