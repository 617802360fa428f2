using System.Diagnostics;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Synthetic;
using ZImage.Ggml;

namespace ZImage.Engine.Measuring;

/// <summary>
/// A model of random weights, with which a device can be judged before a model is there: it takes the memory and the time of the published one
/// and draws noise. The weights are made in memory and go when the session does.
/// </summary>
public static class SyntheticModel
{
    // States, compute buffers and everything else that runs beside the weights.
    private const long Room = 2L << 30;

    /// <summary>Opens a session with such a model.</summary>
    /// <param name="device">Where it computes.</param>
    /// <param name="options">Of the session; without a name it is called <c>synthetic</c>.</param>
    /// <param name="scale">Bytes of the weights as a share of those of the published model, 0 to 1; null for as many as the machine's memory holds (<see cref="Fitting(Device)"/>).</param>
    /// <param name="observer">Hears messages.</param>
    /// <param name="cancellation">Stops the making of weights.</param>
    /// <exception cref="InvalidSettingException">The scale is none.</exception>
    /// <exception cref="SyntheticModelTooLargeException">The machine's memory does not hold it.</exception>
    /// <exception cref="ZImageException">As <see cref="ModelSession.Open"/>; nothing stays open.</exception>
    public static ModelSession Open(Device device, SessionOptions options, double? scale, IGenerationObserver? observer, CancellationToken cancellation)
    {
        if (scale is not (null or (>= 0 and <= 1)))
            throw new InvalidSettingException("Scale", scale, "from 0 to 1");
        return OpenSized(device, options, scale is { } share ? SyntheticSizes.OfScale(share) : Fitting(device), observer, cancellation);
    }

    /// <summary>The largest sizes for which the machine's memory is enough: with a card, weights that leave it have room in pinned memory, too.</summary>
    public static SyntheticSizes Fitting(Device device) => Fitting(device, Available());

    internal static SyntheticSizes Fitting(Device device, long available) => SyntheticSizes.Within((available - Room) / (device.Type == DeviceType.Cpu ? 1 : 2));

    internal static ModelSession OpenSized(Device device, SessionOptions options, SyntheticSizes sizes, IGenerationObserver? observer, CancellationToken cancellation)
    {
        SyntheticCheckpoints made = Make(sizes, () => SyntheticCheckpoints.Create(sizes, cancellation), observer);
        try
        {
            return ModelSession.Open(ModelFiles.Of(made), device, options, observer, cancellation);
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    internal static SyntheticCheckpoints Make(SyntheticSizes sizes, Func<SyntheticCheckpoints> create, IGenerationObserver? observer)
    {
        long start = Stopwatch.GetTimestamp();
        long needed = sizes.Bytes, available = Available();
        if (needed > available)
            throw new SyntheticModelTooLargeException(needed, available);
        try
        {
            SyntheticCheckpoints made = create();
            observer?.OnMessage(MessageLevel.Verbose, FormattableString.Invariant(
                $"Made {ByteSize.Text(needed)} of random weights in {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s: {sizes.Layers} layers of the transformer, {sizes.TextLayers} of the text encoder, {100 * made.Scale:F1} % of the published model."));
            return made;
        }
        catch (Exception fault) when (IsOutOfMemory(fault))
        {
            throw new SyntheticModelTooLargeException(needed, available);
        }
        catch (OperationCanceledException)
        {
            throw new GenerationCancelledException();
        }
    }

    // Weights are drawn by several threads, whose faults come together.
    private static bool IsOutOfMemory(Exception fault)
        => fault is OutOfMemoryException || fault is AggregateException all && all.Flatten().InnerExceptions.Any(each => each is OutOfMemoryException);

    // A container may have less than its machine.
    private static long Available() => Math.Min(SystemMemory.Read().Available, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}

/// <summary>The machine's memory does not hold a model of random weights. ErrorId <c>SyntheticModelTooLarge</c>.</summary>
public sealed class SyntheticModelTooLargeException(long neededBytes, long availableBytes)
    : ZImageException("SyntheticModelTooLarge",
        $"The random weights take {ByteSize.AtLeast(neededBytes)} of the machine's memory, and {ByteSize.Text(availableBytes)} are free.",
        "Close other programs, or give a smaller -Scale.", neededBytes);
