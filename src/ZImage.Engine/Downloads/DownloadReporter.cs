using System.Diagnostics;
using ZImage.Engine.Generation;

namespace ZImage.Engine.Downloads;

/// <summary>Says how far the files of a download are, a few times a second.</summary>
internal sealed class DownloadReporter(IDownloadObserver observer, IReadOnlyList<HubFile> files, TimeSpan delay)
{
    private readonly long? _total = files.All(file => file.Bytes is not null) ? files.Sum(file => file.Bytes) : null;
    private SpeedMeter _speed = new();
    private DownloadStage _stage;
    private long _last, _before;
    private int _index;

    /// <summary>Turns to a file.</summary>
    public void Begin(int index)
    {
        _index = index;
        _before = files.Take(index).Sum(file => file.Bytes ?? 0);
        Enter(DownloadStage.Receive);
    }

    /// <summary>Turns to another stage of the file.</summary>
    public void Enter(DownloadStage stage)
    {
        (_stage, _speed, _last) = (stage, new SpeedMeter(), 0);
    }

    public void Report(long bytes, long? total)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < delay && bytes != total)
            return;
        _last = Stopwatch.GetTimestamp();
        double speed = _speed.Add(bytes);
        // What is checked is there, all of it.
        long all = _before + (_stage == DownloadStage.Check ? total ?? bytes : bytes);
        observer.OnProgress(new DownloadProgress(files[_index].Name, _index + 1, files.Count, _stage, bytes, total, all, files.Count == 1 ? total : _total, speed));
    }

    public void Verbose(string text) => observer.OnMessage(MessageLevel.Verbose, text);
}
