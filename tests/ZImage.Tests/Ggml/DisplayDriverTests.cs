using ZImage.Ggml;

namespace ZImage.Tests.Ggml;

public sealed class DisplayDriverTests
{
    [Theory]
    [InlineData("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\nGCC version:  gcc version 12.2.0", "550.54.14")]
    [InlineData("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (builder)  Tue Sep 23 10:11:16 UTC 2025\n", "580.95.05")]
    [InlineData("NVRM version: something else", null)]
    [InlineData("", null)]
    public void The_kernel_module_says_its_version(string text, string? version) => Assert.Equal(version, DisplayDriver.FromModule(text));

    [Theory]
    [InlineData("32.0.15.8095", "580.95")]
    [InlineData("31.0.15.3598", "535.98")]
    [InlineData("1.2", null)]
    [InlineData("a.b.cdefg", null)]
    public void Windows_hides_the_version_in_a_longer_number(string windows, string? version) => Assert.Equal(version, DisplayDriver.NvidiaVersion(windows));

    [Fact]
    public void The_processor_has_no_driver() => Assert.Null(DisplayDriver.VersionOf(Devices.Cpu));
}
