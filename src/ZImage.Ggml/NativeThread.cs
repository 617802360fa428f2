using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ZImage.Ggml;

/// <summary>
/// A thread of ours on which native code runs. When an assert inside ggml fails, its abort callback never returns: this thread
/// (or the thread of ggml that failed) stays parked for good, the waiting caller gets a <see cref="NativeAbortException"/>,
/// and the process lives on.
/// </summary>
public sealed class NativeThread : IDisposable
{
    [ThreadStatic] private static NativeThread? t_current;
    private static readonly ConcurrentDictionary<NativeThread, bool> s_running = new();

    private readonly BlockingCollection<Work> _queue = [];
    private readonly Thread _thread;
    private readonly NativeThread? _owner;
    private volatile NativeAbortException? _fault;
    private volatile Work? _active;

    /// <param name="name">Name of the thread.</param>
    /// <param name="owner">A thread whose work this one takes part in: a fault here is one there.</param>
    public NativeThread(string name, NativeThread? owner = null)
    {
        _owner = owner;
        // Graph building recurses over long chains of nodes; the default stack of a main thread is enough for that.
        _thread = new Thread(Loop, maxStackSize: 8 << 20) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The native thread that is running the caller, if any.</summary>
    public static NativeThread? Current => t_current;

    /// <summary>What the thread is computing, for a fault to name, for example <c>step 3 of 8, block layers.17</c>; set on the thread itself.</summary>
    public string? Activity { get; set; }

    /// <summary>The turn on the processors that it took last: after a fault nobody else would end it.</summary>
    internal ProcessorTurns.Turn? Turn { get; set; }

    /// <summary>Whether any native thread runs code at the moment.</summary>
    internal static bool IsAnyRunning => !s_running.IsEmpty;

    /// <summary>True after a native abort: nothing can run here any more and native objects made here are never freed.</summary>
    public bool HasFaulted => _fault is not null;

    /// <summary>Whether what comes now would have to wait its turn. Work begins in the order in which it came.</summary>
    public bool IsBusy => t_current != this && (_active is not null || _queue.Count > 0);

    /// <summary>Runs <paramref name="action"/> on this thread and waits. Exceptions come back to the caller.</summary>
    public void Run(Action action) => Run<object?>(() =>
    {
        action();
        return null;
    });

    /// <summary>Runs <paramref name="function"/> on this thread and waits for its result.</summary>
    /// <param name="function">What to run.</param>
    /// <param name="cancellation">Takes it out of the queue if it has not begun; what has begun runs to its end.</param>
    /// <exception cref="ObjectDisposedException">The thread was disposed.</exception>
    public T Run<T>(Func<T> function, CancellationToken cancellation = default)
    {
        if (t_current == this)
            return function();
        if (_fault is { } earlier)
            throw new NativeAbortException(earlier.NativeMessage, earlier);

        T result = default!;
        Work work = Enqueue(() => result = function(), cancellation);
        try
        {
            work.Done.Wait(cancellation);
        }
        catch (OperationCanceledException) when (!work.TryAbandon())
        {
            work.Done.Wait(CancellationToken.None);
        }
        work.Failure?.Throw();
        return result;
    }

    /// <summary>Begins <paramref name="action"/> on this thread, behind what is waiting already. Whoever begins it must wait for it.</summary>
    public PendingWork Begin(Action action)
    {
        if (_fault is { } earlier)
            throw new NativeAbortException(earlier.NativeMessage, earlier);
        Work work = Enqueue(action, CancellationToken.None);
        return new PendingWork(work.Done, () => work.Failure);
    }

    public void Dispose()
    {
        if (!_queue.IsAddingCompleted)
            _queue.CompleteAdding();
        if (!HasFaulted && t_current != this)
            _thread.Join();
    }

    /// <summary>Called by ggml on the failing thread, before it would end the process. Never returns.</summary>
    internal static void OnNativeAbort(string message)
    {
        if (t_current is { } here)
            here.Fault(message);
        else
        {
            // A worker of ggml's own pool failed; its pool belongs to one of the computing threads, and ggml does not say to which.
            foreach (NativeThread thread in s_running.Keys)
                thread.Fault(message);
        }
        Thread.Sleep(Timeout.Infinite);
    }

    private Work Enqueue(Action action, CancellationToken cancellation)
    {
        var work = new Work(action, GgmlLog.CurrentSink);
        try
        {
            _queue.Add(work, cancellation);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(NativeThread));
        }
        // A fault meanwhile may have emptied the queue before this came into it.
        if (_fault is { } fault)
            End(work, fault);
        return work;
    }

    private static void End(Work work, NativeAbortException fault)
    {
        work.Failure = ExceptionDispatchInfo.Capture(fault);
        work.Done.Set();
    }

    private void Fault(string message)
    {
        _owner?.Fault(message);
        var fault = new NativeAbortException(Activity is null ? message : $"{message} ({Activity})");
        _fault = fault;
        s_running.TryRemove(this, out _);
        Turn?.Dispose();
        if (_active is { } active)
            End(active, fault);
        while (_queue.TryTake(out Work? waiting))
            End(waiting, fault);
    }

    private void Loop()
    {
        t_current = this;
        foreach (Work work in _queue.GetConsumingEnumerable())
        {
            if (!work.TryBegin())
                continue;
            _active = work;
            s_running[this] = true;
            using (GgmlLog.Use(work.LogSink))
            {
                try
                {
                    work.Action();
                }
                catch (Exception e)
                {
                    work.Failure = ExceptionDispatchInfo.Capture(e);
                }
            }
            s_running.TryRemove(this, out _);
            Activity = null;
            _active = null;
            work.Done.Set();
        }
    }

    private sealed class Work(Action action, Action<LogLevel, string>? logSink)
    {
        public Action Action { get; } = action;
        public Action<LogLevel, string>? LogSink { get; } = logSink;
        private const int Queued = 0, Begun = 1, Abandoned = 2;

        private int _state = Queued;

        public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Queued) == Queued;

        public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Queued) == Queued;

        public ManualResetEventSlim Done { get; } = new();
        public ExceptionDispatchInfo? Failure { get; set; }
    }
}

/// <summary>Work that was begun on a <see cref="NativeThread"/>.</summary>
public sealed class PendingWork
{
    private readonly ManualResetEventSlim _done;
    private readonly Func<ExceptionDispatchInfo?> _failure;

    internal PendingWork(ManualResetEventSlim done, Func<ExceptionDispatchInfo?> failure) => (_done, _failure) = (done, failure);

    /// <summary>Waits for its end; its exception comes to the caller.</summary>
    public void Wait()
    {
        _done.Wait();
        _failure()?.Throw();
    }

    /// <summary>Waits for its end, however it ends.</summary>
    public void WaitForEnd() => _done.Wait();
}
