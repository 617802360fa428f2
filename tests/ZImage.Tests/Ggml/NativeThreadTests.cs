using ZImage.Ggml;

namespace ZImage.Tests.Ggml;

public sealed class NativeThreadTests
{
    [Fact]
    public async Task What_waits_in_the_queue_can_be_cancelled_and_what_has_begun_runs_on()
    {
        using var thread = new NativeThread("queue");
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        Task<int> begun = Task.Run(() => thread.Run(() =>
        {
            release.Wait(TestContext.Current.CancellationToken);
            return 1;
        }, cancellation.Token), CancellationToken.None);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        bool ran = false;
        Task waiting = Task.Run(() => thread.Run(() => ran = true, cancellation.Token), CancellationToken.None);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(begun.IsCompleted);
        release.Set();
        Assert.Equal(1, await begun);
        Assert.Equal(2, thread.Run(() => 2, TestContext.Current.CancellationToken));
        Assert.False(ran);
    }

    [Fact]
    public void Exceptions_come_back_and_a_disposed_thread_says_so()
    {
        var thread = new NativeThread("faults");
        Assert.Throws<FormatException>(() => thread.Run(() => throw new FormatException()));
        thread.Dispose();
        Assert.Throws<ObjectDisposedException>(() => thread.Run(() => 1, TestContext.Current.CancellationToken));
    }
}
