using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace ZImage.Ggml;

/// <summary>
/// What a terminal sends to standard input, read without echo and without waiting for the end of a line, for as long as this is held. What a
/// terminal answers would otherwise show as if it had been typed.
/// </summary>
public sealed unsafe partial class TerminalInput : IDisposable
{
    // termios.h and poll.h of Linux on x64.
    private const int StandardInput = 0, FlagsOffset = 12, CharactersOffset = 17, Vmin = 6, Vtime = 5, TermiosBytes = 128;
    private const uint LineByLine = 0x2, Echo = 0x8;
    private const int Now = 0, AndDiscardUnread = 2;
    private const short Readable = 1;
    private const int PollMilliseconds = 5;

    private readonly byte[]? _before;

    private TerminalInput(byte[]? before) => _before = before;

    /// <summary>Takes the terminal; null where standard input is none, or belongs to another program at this time.</summary>
    public static TerminalInput? Open()
    {
        if (Console.IsInputRedirected)
            return null;
        if (!OperatingSystem.IsLinux())
            return OperatingSystem.IsWindows() ? new TerminalInput(null) : null;
        var before = new byte[TermiosBytes];
        // A program in the background that changes a terminal is stopped for it.
        if (tcgetpgrp(StandardInput) != getpgrp() || !Get(before))
            return null;
        byte[] changed = [.. before];
        ref uint flags = ref MemoryMarshal.AsRef<uint>(changed.AsSpan(FlagsOffset));
        flags &= ~(LineByLine | Echo);
        changed[CharactersOffset + Vmin] = changed[CharactersOffset + Vtime] = 0;
        return Set(Now, changed) ? new TerminalInput(before) : null;
    }

    /// <summary>Whether something was sent that was not read yet.</summary>
    public bool HasInput => OperatingSystem.IsWindows() ? Console.KeyAvailable : Poll(0);

    /// <summary>Reads on until there is enough, or a time has passed.</summary>
    /// <param name="isEnough">Told all that was received so far, as Latin-1.</param>
    /// <param name="timeout">Longest time to wait.</param>
    public string Read(Func<string, bool> isEnough, TimeSpan timeout)
    {
        long begun = Stopwatch.GetTimestamp();
        var received = new StringBuilder();
        while (Stopwatch.GetElapsedTime(begun) < timeout && !isEnough(received.ToString()))
        {
            if (OperatingSystem.IsWindows())
                ReadKeys(received);
            else if (Poll(PollMilliseconds))
                ReadBytes(received);
        }
        return received.ToString();
    }

    /// <summary>Gives the terminal back as it was. What came meanwhile and was not read is discarded.</summary>
    public void Dispose()
    {
        if (_before is not null)
            Set(AndDiscardUnread, _before);
    }

    [SupportedOSPlatform("windows")]
    private static void ReadKeys(StringBuilder received)
    {
        if (!Console.KeyAvailable)
            Thread.Sleep(PollMilliseconds);
        while (Console.KeyAvailable)
            received.Append(Console.ReadKey(intercept: true).KeyChar);
    }

    private static void ReadBytes(StringBuilder received)
    {
        Span<byte> bytes = stackalloc byte[256];
        fixed (byte* start = bytes)
        {
            nint count = read(StandardInput, start, (nuint)bytes.Length);
            received.Append(Encoding.Latin1.GetString(bytes[..(int)Math.Max(count, 0)]));
        }
    }

    private static bool Poll(int milliseconds)
    {
        var wanted = new PollFd { File = StandardInput, Events = Readable };
        return poll(&wanted, 1, milliseconds) > 0;
    }

    private static bool Set(int when, byte[] termios)
    {
        fixed (byte* start = termios)
            return tcsetattr(StandardInput, when, start) == 0;
    }

    private static bool Get(byte[] termios)
    {
        fixed (byte* start = termios)
            return tcgetattr(StandardInput, start) == 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int File;
        public short Events;
        public short Received;
    }

    [LibraryImport("libc")] private static partial int tcgetattr(int fd, byte* termios);
    [LibraryImport("libc")] private static partial int tcsetattr(int fd, int actions, byte* termios);
    [LibraryImport("libc")] private static partial int tcgetpgrp(int fd);
    [LibraryImport("libc")] private static partial int getpgrp();
    [LibraryImport("libc")] private static partial int poll(PollFd* fds, nuint count, int timeout);
    [LibraryImport("libc")] private static partial nint read(int fd, byte* buffer, nuint count);
}
