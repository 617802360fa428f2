using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace ZImage.Host;

/// <summary>Progress as one line that is written over and over; silent where the output is no terminal.</summary>
internal sealed class ProgressLine(PSHostRawUserInterface terminal)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly bool _enabled = !Console.IsOutputRedirected;
    private long _lastShown;
    private bool _visible;

    public void Show(ProgressRecord record)
    {
        if (!_enabled)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        if (_visible && Stopwatch.GetElapsedTime(_lastShown) < Interval)
        {
            return;
        }

        string percent = record.PercentComplete >= 0 ? $" {record.PercentComplete,3} %" : "";
        string remaining = record.SecondsRemaining >= 0 ? $" {TimeSpan.FromSeconds(record.SecondsRemaining):mm\\:ss} left" : "";
        string text = $"{record.Activity}: {record.StatusDescription}{percent}{remaining}";
        int width = terminal.WindowSize.Width - 1;
        Console.Out.Write("\r\e[2K" + (text.Length > width ? text[..width] : text));
        Console.Out.Flush();
        _lastShown = Stopwatch.GetTimestamp();
        _visible = true;
    }

    public void Clear()
    {
        if (_visible)
        {
            Console.Out.Write("\r\e[2K");
            _visible = false;
        }
    }
}
