using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Tests.Memory;

/// <summary>What a card's account says, in MiB, and when that is a warning.</summary>
public class SpillWatchTests
{
    private const long MiB = 1L << 20;

    private readonly SpillWatch _watch;
    private (long Budget, long Local, long Shared)? _usage = (11000, 500, 200);

    public SpillWatchTests() => _watch = new SpillWatch(() => _usage is { } now ? new VideoMemoryUsage(now.Budget * MiB, now.Local * MiB, now.Shared * MiB) : null);

    [Fact]
    public void Pinned_memory_of_ours_is_no_spill()
    {
        _watch.Start(pinnedBytes: 100 * MiB);
        AssertNone((11000, 8000, 4260), pinned: 4100);
        Assert.Equal(60 * MiB, _watch.SpilledBytes);
        AssertNone((11000, 8000, 264), pinned: 100);
        // Pinned memory that Windows does not count as shared.
        AssertNone((11000, 8000, 200), pinned: 4100);
        Assert.Equal(0, _watch.SpilledBytes);
    }

    [Fact]
    public void Growth_beyond_it_is_reported_once_with_numbers()
    {
        _watch.Start(pinnedBytes: 0);
        string warning = AssertWarning((11000, 10990, 1465), pinned: 1000);
        Assert.All((string[])["265.0 MiB of device memory in shared", "uses 10990.0 MiB", "grants it 11000.0 MiB", "VramBudget"], part => Assert.Contains(part, warning, StringComparison.Ordinal));
        Assert.Equal(265 * MiB, _watch.SpilledBytes);

        AssertNone((11000, 10990, 1465), pinned: 1000);
        AssertNone((11000, 10990, 1529), pinned: 1000);
        AssertNone((11000, 10990, 200), pinned: 1000);
        AssertNone((11000, 10990, 1465), pinned: 1000);
        Assert.Contains("330.0 MiB", AssertWarning((11000, 10990, 1530), pinned: 1000), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_was_pinned_before_and_is_free_now_hides_no_spill()
    {
        _watch.Start(pinnedBytes: 150 * MiB);
        Assert.Contains("100.0 MiB of device memory", AssertWarning((11000, 10000, 150), pinned: 0), StringComparison.Ordinal);
    }

    [Fact]
    public void More_on_the_card_than_Windows_grants_is_reported_when_it_grows()
    {
        _watch.Start(pinnedBytes: 0);
        AssertNone((8000, 8000, 200), pinned: 0);
        string warning = AssertWarning((7990, 8000, 200), pinned: 0);
        Assert.All((string[])["may move", "uses 8000.0 MiB", "grants it 7990.0 MiB"], part => Assert.Contains(part, warning, StringComparison.Ordinal));
        Assert.Equal(10 * MiB, _watch.ExcessBytes);
        AssertNone((7930, 8000, 200), pinned: 0);
        AssertNone((7990, 8000, 200), pinned: 0);
        AssertWarning((7920, 8000, 200), pinned: 0);
        AssertNone((9000, 8000, 200), pinned: 0);
        Assert.Equal(0, _watch.ExcessBytes);
    }

    [Fact]
    public void A_new_account_reports_anew()
    {
        _watch.Start(pinnedBytes: 0);
        AssertWarning((11000, 8000, 300), pinned: 0);
        _watch.Start(pinnedBytes: 0);
        Assert.Equal(0, _watch.SpilledBytes);
        AssertNone((11000, 8000, 300), pinned: 0);
        AssertWarning((11000, 8000, 400), pinned: 0);
    }

    [Fact]
    public void An_account_that_is_not_known_reports_nothing()
    {
        _usage = null;
        _watch.Start(pinnedBytes: 0);
        Assert.Null(_watch.Check(0));
        // The first that is known is the baseline.
        AssertNone((11000, 8000, 5000), pinned: 1000);
        AssertWarning((11000, 8000, 5100), pinned: 1000);
        _usage = null;
        Assert.Null(_watch.Check(0));
    }

    private string AssertWarning((long, long, long) usage, long pinned)
    {
        _usage = usage;
        string? warning = _watch.Check(pinned * MiB);
        Assert.NotNull(warning);
        return warning;
    }

    private void AssertNone((long, long, long) usage, long pinned)
    {
        _usage = usage;
        Assert.Null(_watch.Check(pinned * MiB));
    }
}
