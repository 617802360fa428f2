using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>Level of a line of ggml's log (<c>enum ggml_log_level</c>).</summary>
public enum LogLevel
{
    None = 0,
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,
}

/// <summary>Routes ggml's log to whoever is running native code at the moment; never to stderr.</summary>
public static unsafe class GgmlLog
{
    private const int Continuation = 5;
    private const int MaxKeptLines = 256;

    [ThreadStatic] private static Action<LogLevel, string>? t_sink;
    [ThreadStatic] private static StringBuilder? t_line;
    [ThreadStatic] private static LogLevel t_level;
    private static readonly ConcurrentQueue<(LogLevel, string)> s_unclaimed = new();

    internal static Action<LogLevel, string>? CurrentSink => t_sink;

    /// <summary>Sends the log of this thread (and of the native threads it calls) to <paramref name="sink"/> until disposed.</summary>
    public static Scope Use(Action<LogLevel, string>? sink)
    {
        var scope = new Scope(t_sink);
        t_sink = sink;
        return scope;
    }

    /// <summary>Lines that came when nobody listened, oldest first; each is given out once.</summary>
    public static IEnumerable<(LogLevel Level, string Text)> DrainUnclaimed()
    {
        while (s_unclaimed.TryDequeue(out (LogLevel, string) line))
            yield return line;
    }

    internal static void Install()
    {
        Native.ggml_log_set(&OnLog, null);
        Native.ggml_set_abort_callback(&OnAbort);
        AbortSignal.Install();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(int level, byte* text, void* userData)
    {
        try
        {
            if (level != Continuation)
                t_level = (LogLevel)level;
            StringBuilder line = t_line ??= new StringBuilder();
            foreach (char c in Marshal.PtrToStringUTF8((nint)text) ?? "")
            {
                if (c != '\n')
                {
                    line.Append(c);
                    continue;
                }
                Emit(t_level, line.ToString());
                line.Clear();
            }
        }
        catch (Exception)
        {
            // An exception must not pass through C; a lost log line is the lesser harm.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAbort(byte* message) => NativeThread.OnNativeAbort(Marshal.PtrToStringUTF8((nint)message) ?? "unknown assert");

    private static void Emit(LogLevel level, string text)
    {
        if (text.Length == 0)
            return;
        if (t_sink is { } sink)
        {
            sink(level, text);
            return;
        }
        s_unclaimed.Enqueue((level, text));
        while (s_unclaimed.Count > MaxKeptLines)
            s_unclaimed.TryDequeue(out _);
    }

    /// <summary>Restores the previous listener.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly Action<LogLevel, string>? _previous;

        internal Scope(Action<LogLevel, string>? previous) => _previous = previous;

        public void Dispose() => t_sink = _previous;
    }
}
