using ZImage.Ggml;
using ZImage.Tests.Models;

namespace ZImage.Tests.Ggml;

public sealed class GraphAllocatorTests
{
    [Fact]
    public void Measured_bytes_are_the_allocated_bytes() => ComputeDevice.Get("CPU").Run(memory =>
    {
        using var context = new Context(64, graphs: 1, graphNodes: 64);
        Tensor x = context.Input("x", GgmlType.F32, 256, 100);
        Tensor y = x;
        for (int i = 0; i < 10; i++)
            y = context.Add(context.Silu(y), x);
        Graph graph = context.NewGraph(64);
        graph.Expand(y);
        long measured = GraphAllocator.Measure(memory.Backend.BufferType, graph);
        using var allocator = new GraphAllocator(memory.Backend.BufferType);
        allocator.Place(graph, "test");
        Assert.Equal(measured, allocator.Bytes);
        Assert.InRange(measured, 256 * 100 * sizeof(float), 256 * 100 * sizeof(float) * 5);
        return true;
    });
}
