using System.Diagnostics;
using ZImage.Engine.Imaging;

namespace ZImage.Engine.Generation;

/// <summary>A picture that is forming, as far as the latest step foresees its end.</summary>
/// <param name="Pixels">Small; pictures that are made together lie side by side.</param>
/// <param name="Scale">How many pixels of the finished picture one of these stands for, along an axis.</param>
public sealed record GenerationPreview(PixelImage Pixels, int Scale);

/// <summary>
/// Says when something that is only looked at may be done: not before an interval has passed, and so seldom that it takes a twentieth of the
/// time at most.
/// </summary>
/// <param name="interval">The least time between; with none it may be done always.</param>
public sealed class PreviewPace(TimeSpan interval)
{
    private const int LeastRest = 20;

    private long _next = Stopwatch.GetTimestamp() + Ticks(interval);

    public bool IsDue => Stopwatch.GetTimestamp() >= _next;

    /// <summary>Does it, and rests.</summary>
    public void Do(Action work)
    {
        long begun = Stopwatch.GetTimestamp();
        work();
        long now = Stopwatch.GetTimestamp();
        _next = interval == TimeSpan.Zero ? now : now + Math.Max(Ticks(interval), (now - begun) * LeastRest);
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}

/// <summary>Shows the pictures of a run as they form. It looks at what is computed and changes nothing of it.</summary>
internal sealed class RunPreview(LatentColors colors, TimeSpan interval, IGenerationObserver observer)
{
    private readonly PreviewPace _pace = new(interval);
    private bool _failed;

    /// <summary>What the pictures would be if the velocity stayed as it is: x - sigma v, the end of a straight way.</summary>
    /// <param name="latents">The latents at a noise level.</param>
    /// <param name="sigma">The noise level.</param>
    /// <param name="velocity">The velocity there.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    public void Show(ReadOnlySpan<float> latents, float sigma, ReadOnlySpan<float> velocity, int width, int height)
    {
        if (_failed || !_pace.IsDue)
            return;
        var foreseen = new float[latents.Length];
        for (int i = 0; i < foreseen.Length; i++)
            foreseen[i] = latents[i] - sigma * velocity[i];
        try
        {
            _pace.Do(() => observer.OnPreview(new GenerationPreview(colors.Draw(foreseen, width, height), colors.Scale)));
        }
        catch (Exception e)
        {
            // A picture is worth more than the sight of its making.
            _failed = true;
            observer.OnMessage(MessageLevel.Verbose, $"No more previews are shown: {e.Message}");
        }
    }

    /// <summary>Learns from a picture that is finished, for the previews of the next.</summary>
    public void Learn(ReadOnlySpan<float> latent, ReadOnlySpan<float> planes, int width, int height) => colors.Learn(latent, planes, width, height);
}
