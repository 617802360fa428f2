using ZImage.Engine.Memory;

namespace ZImage.Tests.Memory;

/// <summary>Budgets over the life of a session on a card of 12 GB (in MiB here), of which 288 are taken when it begins.</summary>
public class BudgetTrackerTests
{
    private const long MiB = 1L << 20;
    private const long Total = 12288, Margin = 512, Taken = 288;

    private long _own, _pools, _others;

    [Theory]
    [InlineData("auto", Total - Taken - Margin)]
    [InlineData("-1GB", Total - Taken - 1024)]
    [InlineData("8GB", 8192)]
    [InlineData("50%", 6144)]
    public void What_the_session_and_ggml_take_does_not_move_it(string text, long expected)
    {
        var tracker = new BudgetTracker(MemoryBudget.Parse(text));
        AssertBudget(expected, tracker);
        _own = 6144;
        AssertBudget(expected, tracker);
        _pools = 300;
        AssertBudget(expected, tracker);
        _own = 2048;
        AssertBudget(expected, tracker);
        _own = 6144;
        _pools = 350;
        AssertBudget(expected, tracker);
    }

    [Theory]
    [InlineData("auto", Total - Taken - Margin)]
    [InlineData("-1GB", Total - Taken - 1024)]
    [InlineData("11GB", 11264)]
    [InlineData("90%", 11059)]
    public void It_falls_with_what_others_take_and_rises_when_they_give_it_back(string text, long expected)
    {
        var tracker = new BudgetTracker(MemoryBudget.Parse(text));
        _own = 6144;
        AssertBudget(expected, tracker);
        _pools = 300;
        _others = 4096;
        AssertBudget(Total - Taken - 300 - 4096, tracker, cappedByFree: true);
        _others = 5500;
        AssertBudget(Total - Taken - 300 - 5500, tracker, cappedByFree: true);
        _others = 0;
        AssertBudget(expected, tracker);
    }

    [Fact]
    public void It_rises_when_others_leave_that_were_there_at_the_beginning()
    {
        var tracker = new BudgetTracker(MemoryBudget.Default);
        _others = 4096;
        AssertBudget(Total - Taken - 4096 - Margin, tracker);
        _others = 0;
        AssertBudget(Total - Taken - Margin, tracker);
    }

    [Fact]
    public void What_ggml_has_not_taken_yet_of_the_margin_stays_free()
    {
        var tracker = new BudgetTracker(MemoryBudget.Default);
        AssertBudget(Total - Taken - Margin, tracker, taken: 0);
        _own = 6144;
        _others = 4096;
        AssertBudget(Total - Taken - 4096 - Margin, tracker, cappedByFree: true, taken: 0);
        _pools = 300;
        AssertBudget(Total - Taken - 4096 - Margin, tracker, cappedByFree: true, taken: 300);
        _others = 0;
        AssertBudget(Total - Taken - Margin, tracker, taken: 300);
    }

    [Theory]
    [InlineData("12GB", Total - Taken)]
    [InlineData("100%", Total - Taken)]
    [InlineData("1TB", Total - Taken)]
    public void A_size_beyond_what_is_free_is_capped_and_says_so(string text, long expected)
        => AssertBudget(expected, new BudgetTracker(MemoryBudget.Parse(text)), cappedByFree: true);

    [Theory]
    [InlineData("auto")]
    [InlineData("-1GB")]
    public void The_limit_of_the_system_covers_what_ggml_takes_too(string text)
    {
        var tracker = new BudgetTracker(MemoryBudget.Parse(text));
        AssertBudget(10000 - Margin, tracker, cappedByLimit: true, limit: 10000);
        _own = 6144;
        _pools = 300;
        AssertBudget(10000 - Margin, tracker, cappedByLimit: true, limit: 10000);
        AssertBudget(0, tracker, cappedByLimit: true, limit: 100);
        // The limit is not remembered.
        AssertBudget(text == "auto" ? Total - Taken - Margin : Total - Taken - 1024, tracker, limit: Total);
    }

    [Theory]
    [InlineData("11GB", true)]
    [InlineData("9GB", false)]
    [InlineData("50%", false)]
    public void A_size_that_was_asked_for_may_go_beyond_the_limit_and_says_so(string text, bool above)
    {
        DeviceBudget budget = new BudgetTracker(MemoryBudget.Parse(text)).Update(Reading(limit: 10000));
        Assert.Equal((above, false, false), (budget.AboveLimit, budget.CappedByLimit, budget.CappedByFree));
    }

    [Fact]
    public void A_driver_that_does_not_count_does_not_move_it()
    {
        // The free memory stays what it was, whatever is allocated.
        var tracker = new BudgetTracker(MemoryBudget.Default);
        foreach (long own in (long[])[0, 1000, 3000])
            Assert.Equal(1536 * MiB, tracker.Update(new MemoryReading(2048 * MiB, own * MiB, 2048 * MiB, Margin * MiB)).Bytes);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("-1GB")]
    [InlineData("1GB")]
    [InlineData("1%")]
    public void Extreme_numbers_give_a_budget_of_the_device(string text)
    {
        long[] numbers = [long.MinValue, -1, 0, 1, 12L << 30, long.MaxValue];
        foreach (long free in numbers)
        {
            foreach (long own in numbers)
            {
                foreach (long total in numbers)
                {
                    foreach (long margin in numbers)
                    {
                        var reading = new MemoryReading(free, own, total, margin) { LimitBytes = free, MarginTakenBytes = own };
                        Assert.InRange(new BudgetTracker(MemoryBudget.Parse(text)).Update(reading).Bytes, 0, long.Max(total, 0));
                    }
                }
            }
        }
    }

    [Fact]
    public void Random_lives_keep_the_rules()
    {
        var random = new Random(7);
        for (int life = 0; life < 200; life++)
        {
            var tracker = new BudgetTracker(MemoryBudget.Default);
            (_own, _pools, _others) = (0, 0, 0);
            long most = 0;
            for (int step = 0; step < 50; step++)
            {
                _pools = long.Max(_pools, random.Next(400));
                _others = random.Next(3) == 0 ? random.Next(6000) : _others;
                _own = random.NextInt64(Total - Taken - _pools - _others);
                DeviceBudget budget = tracker.Update(Reading());
                long live = Total - Taken - _pools - _others;
                most = long.Max(most, live - Margin);
                Assert.Equal(long.Min(most, live) * MiB, budget.Bytes);
                Assert.Equal(live < most, budget.CappedByFree);
            }
        }
    }

    private MemoryReading Reading(long? limit = null, long? taken = null)
        => new((Total - Taken - _own - _pools - _others) * MiB, _own * MiB, Total * MiB, Margin * MiB) { LimitBytes = limit * MiB, MarginTakenBytes = taken * MiB };

    // In whole MiB, rounded down.
    private void AssertBudget(long expected, BudgetTracker tracker, bool cappedByFree = false, bool cappedByLimit = false, long? limit = null, long? taken = null)
    {
        DeviceBudget budget = tracker.Update(Reading(limit, taken));
        Assert.Equal((expected, cappedByFree, cappedByLimit), (budget.Bytes / MiB, budget.CappedByFree, budget.CappedByLimit));
    }
}
