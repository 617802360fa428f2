using System.Runtime;

namespace ZImage.TrainDemoModel;

/// <summary>
/// Lets the garbage collector run between training steps only. TorchSharp passes numbers to libtorch in objects with a
/// finaliser and does not keep them alive during the call, so a collection at the wrong moment makes the call fail.
/// </summary>
public static class Collections
{
    private const long AllowedBytes = 200_000_000;
    private const int StepsBetween = 8;
    private static int _steps;

    /// <summary>To be called before each step.</summary>
    public static void BeforeStep()
    {
        if (_steps++ % StepsBetween != 0)
        {
            return;
        }

        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.TryStartNoGCRegion(AllowedBytes);
    }
}
