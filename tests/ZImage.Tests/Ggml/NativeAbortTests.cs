using System.Runtime.InteropServices;
using ZImage.Ggml;
using ZImage.Tests.Hosting;
using ZImage.Tests.Models;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Tests.Ggml;

/// <summary>
/// A failing assert inside ggml. The provocations park threads for good, so they are explicit tests that another test runs in a
/// process of its own.
/// </summary>
public sealed partial class NativeAbortTests
{
    [Theory]
    [InlineData(nameof(Child_survives_an_assert_in_graph_building))]
    [InlineData(nameof(Child_survives_an_assert_in_a_worker_thread))]
    [InlineData(nameof(Child_survives_a_full_context))]
    public Task The_process_outlives_an_assert_and_computes_on(string child) => RunAsync(child);

    [Fact]
    public Task The_process_outlives_an_assert_of_the_C_library()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "ggml's libraries for other systems are built without such asserts.");
        return RunAsync(nameof(Child_survives_an_abort_of_the_C_library));
    }

    private static async Task RunAsync(string child)
    {
        ChildProcess process = await ChildProcess.RunAsync(Environment.ProcessPath!, ["-explicit", "only", "-noColor", "-method", $"{typeof(NativeAbortTests).FullName}.{child}"]);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {process.Output} {process.Error}");
        Assert.Contains("Total: 1", process.Output);
        Assert.DoesNotContain("GGML_ASSERT", process.Error);
    }

    [Fact(Explicit = true)]
    public void Child_survives_an_assert_in_graph_building()
    {
        for (int i = 0; i < 3; i++)
        {
            using var thread = new NativeThread("asserts");
            var fault = Assert.Throws<NativeAbortException>(() => thread.Run(() =>
            {
                var context = new Context(4);
                context.MulMat(context.NewTensor(GgmlType.F32, 3, 2), context.NewTensor(GgmlType.F32, 4, 2));
            }));
            Assert.Contains("GGML_ASSERT", fault.NativeMessage);
            Assert.Equal("NativeAbort", fault.ErrorId);
            Assert.True(fault.EndsSession);
            Assert.True(thread.HasFaulted);
            Assert.Throws<NativeAbortException>(() => thread.Run(() => 0, TestContext.Current.CancellationToken));
        }
        Assert.Equal([11f, 22f], Add([1, 2], [10, 20]));
    }

    [Fact(Explicit = true)]
    public void Child_survives_an_assert_in_a_worker_thread()
    {
        using var thread = new NativeThread("asserts");
        var fault = Assert.Throws<NativeAbortException>(() => thread.Run(() =>
        {
            Backend backend = Backend.Open(Devices.Cpu, threads: 2);
            var context = new Context(16, graphs: 1, graphNodes: 16);
            Tensor table = context.NewTensor(GgmlType.F32, 4, 8);
            Tensor indices = context.NewTensor(GgmlType.I32, 2);
            Buffer buffer = Buffer.Allocate(backend.BufferType, 4096, "test");
            buffer.Place(table, 0);
            buffer.Place(indices, 1024);
            // The second row is looked up by the second thread.
            indices.Set<int>([0, 99]);
            Graph graph = context.NewGraph(16);
            graph.Expand(context.GetRows(table, indices));
            var allocator = new GraphAllocator(backend.BufferType);
            allocator.Place(graph, "test");
            backend.Compute(graph);
        }));
        Assert.Contains("GGML_ASSERT", fault.NativeMessage);
        Assert.Equal([11f, 22f], Add([1, 2], [10, 20]));
    }

    [Fact(Explicit = true)]
    public void Child_survives_a_full_context()
    {
        using var thread = new NativeThread("full");
        var fault = Assert.Throws<NativeAbortException>(() => thread.Run(() =>
        {
            var context = new Context(1);
            context.NewTensor(GgmlType.F32, 1);
            context.NewTensor(GgmlType.F32, 1);
        }));
        // Linux and Windows have other builds of ggml, which stop at other lines.
        Assert.Contains("ggml.c", fault.NativeMessage, StringComparison.Ordinal);
        Assert.Equal([11f, 22f], Add([1, 2], [10, 20]));
    }

    [Fact(Explicit = true)]
    public void Child_survives_an_abort_of_the_C_library()
    {
        using var thread = new NativeThread("aborts");
        // The handler is there once ggml is loaded.
        Assert.Equal("0.23.0", thread.Run(() => Devices.GgmlVersion, TestContext.Current.CancellationToken));
        var fault = Assert.Throws<NativeAbortException>(() => thread.Run(() =>
        {
            thread.Activity = "step 1 of 2, block layers.1";
            abort();
        }));
        Assert.Contains("assert of the C library", fault.NativeMessage, StringComparison.Ordinal);
        Assert.Contains("(step 1 of 2, block layers.1)", fault.NativeMessage, StringComparison.Ordinal);
        Assert.Equal([11f, 22f], Add([1, 2], [10, 20]));
    }

    [LibraryImport("ucrtbase")]
    private static partial void abort();

    private static float[] Add(float[] a, float[] b)
    {
        using var thread = new NativeThread("computes on");
        return thread.Run(() =>
        {
            using Backend backend = Backend.Open(Devices.Cpu, threads: 1);
            using var context = new Context(16, graphs: 1, graphNodes: 16);
            Tensor x = context.Input("x", GgmlType.F32, a.Length), y = context.Input("y", GgmlType.F32, b.Length);
            Tensor sum = context.Add(x, y).AsOutput();
            Graph graph = context.NewGraph(16);
            graph.Expand(sum);
            using var allocator = new GraphAllocator(backend.BufferType);
            allocator.Place(graph, "test");
            x.Set<float>(a);
            y.Set<float>(b);
            backend.Compute(graph);
            return sum.ToFloats();
        });
    }
}
