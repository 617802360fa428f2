using ZImage.Ggml;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Memory;

public class VideoMemoryTests
{
    [Fact]
    public void Every_device_has_sane_numbers_or_none()
    {
        foreach (Device device in Devices.List())
        {
            using VideoMemory? memory = VideoMemory.Find(device);
            if (!OperatingSystem.IsWindows() || device.Type == DeviceType.Cpu || !device.IsAvailable)
                Assert.Null(memory);
            if (memory is not null)
                AssertSane(memory);
        }
    }

    [Fact]
    public void A_card_is_found_by_its_name()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "There is no DXGI outside Windows.");
        if (OperatingSystem.IsWindows())
        {
            int found = 0;
            foreach (IGrouping<string, string> cards in VideoMemory.AdapterNames().GroupBy(name => name))
            {
                using VideoMemory? first = VideoMemory.Find(cards.Key.ToUpperInvariant() + " ", rank: 0);
                if (first is not null)
                {
                    found++;
                    AssertSane(first);
                }
                Assert.Null(VideoMemory.Find(cards.Key, rank: cards.Count()));
            }
            Assert.Null(VideoMemory.Find("no such card", rank: 0));
            // Machines may have no card; Wine always has its own.
            Assert.True(found > 0 || !Wine.IsRunning);
        }
    }

    private static void AssertSane(VideoMemory memory)
    {
        const long Most = 1L << 44;
        VideoMemoryUsage usage = Assert.NotNull(memory.Read());
        Assert.InRange(usage.LocalBudgetBytes, 1, Most);
        Assert.InRange(usage.LocalUsageBytes, 0, Most);
        Assert.InRange(usage.SharedUsageBytes, 0, Most);
        memory.Dispose();
        Assert.Null(memory.Read());
        memory.Dispose();
    }
}
