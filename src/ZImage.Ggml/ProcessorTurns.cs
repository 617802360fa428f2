namespace ZImage.Ggml;

/// <summary>
/// Whose turn on the processors it is. The threads of a graph wait for each other by spinning after every operation, so that graphs which want more
/// cores than there are take longer side by side than one after the other: each waits until there is a core for every thread, in the order in which
/// they came.
/// </summary>
/// <param name="cores">How many cores there are.</param>
internal sealed class ProcessorTurns(int cores)
{
    private readonly object _gate = new();
    private readonly LinkedList<Turn> _waiting = new();
    private readonly int _cores = cores;
    private int _free = cores;

    /// <summary>Those of this process.</summary>
    public static ProcessorTurns Shared { get; } = new(Processors.Cores);

    /// <summary>How many wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Waits for a turn; it ends with its disposal, or with a fault of the native thread that took it.</summary>
    /// <param name="threads">Threads that will compute. More than there are cores take them all.</param>
    public Turn Take(int threads)
    {
        var turn = new Turn(this, Math.Min(threads, _cores));
        lock (_gate)
        {
            _waiting.AddLast(turn);
            while (_waiting.First!.Value != turn || turn.Cores > _free)
                Monitor.Wait(_gate);
            _waiting.RemoveFirst();
            _free -= turn.Cores;
            // The next may fit beside this one.
            Monitor.PulseAll(_gate);
        }
        if (NativeThread.Current is { } thread)
            thread.Turn = turn;
        return turn;
    }

    private void End(Turn turn)
    {
        lock (_gate)
        {
            _free += turn.Cores;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Cores that are taken until it is disposed.</summary>
    internal sealed class Turn(ProcessorTurns turns, int cores) : IDisposable
    {
        private int _disposals;

        public int Cores { get; } = cores;

        public void Dispose()
        {
            if (Interlocked.Increment(ref _disposals) == 1)
                turns.End(this);
        }
    }
}
