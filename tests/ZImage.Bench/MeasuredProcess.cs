using System.Diagnostics;

namespace ZImage.Bench;

/// <summary>A line that a program wrote.</summary>
/// <param name="Seconds">When it came, after the start of the program.</param>
/// <param name="Text">The line.</param>
internal sealed record OutputLine(double Seconds, string Text);

/// <summary>A program as it was seen from outside, from its start to its end.</summary>
/// <param name="Seconds">How long it ran.</param>
/// <param name="PeakBytes">Most memory that it had at once, what it read of mapped files included.</param>
/// <param name="Lines">What it wrote.</param>
internal sealed record MeasuredProcess(double Seconds, long PeakBytes, IReadOnlyList<OutputLine> Lines)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    /// <exception cref="InvalidOperationException">It failed; the message has the end of what it wrote.</exception>
    public static MeasuredProcess Run(string program, IEnumerable<string> arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        var lines = new List<OutputLine>();
        long start = Stopwatch.GetTimestamp(), peak = 0;
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // The system keeps the peak of a process that runs, and forgets it with the process.
        do
            peak = Math.Max(peak, ReadPeak(process));
        while (!process.WaitForExit(s_interval));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}:\n{string.Join('\n', lines.TakeLast(20).Select(line => line.Text))}");
        return new MeasuredProcess(seconds, peak, lines);

        void Note(object sender, DataReceivedEventArgs line)
        {
            lock (lines)
            {
                if (line.Data is { } text)
                    lines.Add(new OutputLine(Stopwatch.GetElapsedTime(start).TotalSeconds, text));
            }
        }
    }

    private static long ReadPeak(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }
}
