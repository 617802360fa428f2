using System.Diagnostics;
using ZImage.Ggml;

namespace ZImage.Engine.Memory;

/// <summary>Measures how fast a device multiplies matrices of a type: a first guess at the speed of a model, until a run shows the real one.</summary>
internal static class ComputeProbe
{
    private const int Rows = 2048, Repeats = 3;
    private const double LongEnough = 0.02;

    /// <summary>Operations a second.</summary>
    /// <param name="memory">The device.</param>
    /// <param name="weights">Type of the left matrix.</param>
    public static double Flops(DeviceMemory memory, GgmlType weights)
    {
        double best = 0;
        // More columns until the time can be told from that of starting.
        for (int columns = 32; columns <= 2048; columns *= 8)
        {
            (double flops, double seconds) = Measure(memory, weights, columns);
            best = Math.Max(best, flops / seconds);
            if (seconds > LongEnough)
                break;
        }
        return best;
    }

    private static (double Flops, double Seconds) Measure(DeviceMemory memory, GgmlType type, int columns)
    {
        using var state = new StateBuffer(memory);
        using var context = new Context(8, graphs: 1, graphNodes: 8);
        Tensor left = state.Add("left", type, Rows, Rows), right = state.Add("right", GgmlType.F32, Rows, columns);
        Graph graph = context.NewGraph(8);
        graph.Expand(context.MulMat(left, right));
        state.Allocate("a measurement");
        using var compute = new ComputeBuffer(memory, [graph], "a measurement");
        left.Set<byte>(new byte[left.Bytes]);
        right.Set<byte>(new byte[right.Bytes]);
        double seconds = double.MaxValue;
        // The first one compiles kernels.
        memory.Backend.Compute(graph);
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            memory.Backend.Compute(graph);
            seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return (graph.Flops, seconds);
    }
}
