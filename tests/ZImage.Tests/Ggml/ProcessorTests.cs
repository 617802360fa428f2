using ZImage.Ggml;

namespace ZImage.Tests.Ggml;

/// <summary>How many cores there are, and the turns on them.</summary>
public sealed class ProcessorTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8,10-11\n", new[] { 0, 1, 2, 3, 8, 10, 11 })]
    public void A_list_of_processors_is_read(string list, int[] expected) => Assert.Equal(expected, Processors.ParseList(list));

    [Fact]
    public void Cores_are_at_most_the_processors_of_the_process() => Assert.InRange(Processors.Cores, 1, Environment.ProcessorCount);

    [Fact]
    public async Task Turns_that_want_all_cores_come_one_after_the_other_in_their_order()
    {
        var turns = new ProcessorTurns(2);
        var order = new List<int>();
        var tasks = new List<Task>();
        ProcessorTurns.Turn first = turns.Take(3);
        for (int i = 0; i < 4; i++)
        {
            int number = i;
            tasks.Add(Task.Factory.StartNew(() =>
            {
                using ProcessorTurns.Turn turn = turns.Take(2);
                order.Add(number);
            }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            Assert.True(SpinWait.SpinUntil(() => turns.Waiting > number, TimeSpan.FromSeconds(30)));
        }
        Assert.Empty(order);
        first.Dispose();
        // A second disposal gives nothing back again.
        first.Dispose();
        await Task.WhenAll(tasks);
        Assert.Equal([0, 1, 2, 3], order);
    }

    [Fact]
    public void Turns_that_fit_together_run_together()
    {
        var turns = new ProcessorTurns(2);
        using ProcessorTurns.Turn one = turns.Take(1), other = turns.Take(1);
        Assert.Equal(0, turns.Waiting);
    }

    [Fact]
    public void A_fault_of_its_thread_ends_a_turn()
    {
        var turns = new ProcessorTurns(2);
        using var thread = new NativeThread("asserts");
        Assert.Throws<NativeAbortException>(() => thread.Run(() =>
        {
            turns.Take(2);
            NativeThread.OnNativeAbort("made up");
        }));
        using ProcessorTurns.Turn turn = turns.Take(2);
    }
}
