using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.Tests.Models;

namespace ZImage.Tests.Ggml;

/// <summary>Operations of our own in graphs of the CPU.</summary>
public sealed class HostOperationTests
{
    private const int Pieces = 37;

    [Fact]
    public void Every_piece_is_computed_once_in_every_run() => OnCpu((memory, state, context) =>
    {
        Tensor x = state.Add("x", GgmlType.F32, Pieces, 3);
        var taken = new int[Pieces];
        HostOperation operation = new(Pieces, 3 * Pieces, operands =>
        {
            while (operands.Operation.TryTake(out int piece))
            {
                Interlocked.Increment(ref taken[piece]);
                for (int row = 0; row < 3; row++)
                    operands.Result[row * Pieces + piece] = operands.Operand(0)[row * Pieces + piece] + operands.Operand(1)[piece];
            }
        });
        Tensor added = state.Add("added", GgmlType.F32, Pieces);
        Tensor sum = context.Custom(operation, Pieces, 3, 1, x, added);
        Graph graph = context.NewGraph(4);
        graph.Expand(sum);
        Assert.Equal(3 * Pieces, graph.Flops);
        state.Allocate("test");
        using var compute = new ComputeBuffer(memory, [graph], "test");
        for (int run = 1; run <= 3; run++)
        {
            x.Set<float>([.. Enumerable.Range(0, 3 * Pieces).Select(i => (float)i * run)]);
            added.Set<float>([.. Enumerable.Range(0, Pieces).Select(i => 0.5f * i)]);
            memory.Backend.Compute(graph);
            Assert.Equal(Enumerable.Range(0, 3 * Pieces).Select(i => i * run + 0.5f * (i % Pieces)), sum.ToFloats());
            Assert.All(taken, count => Assert.Equal(run, count));
        }
    });

    // What is thrown may not pass through ggml, which knows no exceptions of ours.
    [Fact]
    public void A_fault_comes_out_of_the_computation_and_the_next_one_runs() => OnCpu((memory, state, context) =>
    {
        bool fails = true;
        Tensor x = state.Add("x", GgmlType.F32, 4);
        Tensor copy = context.Custom(new HostOperation(1, 0, operands =>
        {
            if (operands.Operation.TryTake(out _))
            {
                if (fails)
                    throw new InvalidDataException("on purpose");
                operands.Operand(0).CopyTo(operands.Result);
            }
        }), 4, 1, 1, x);
        Graph graph = context.NewGraph(4);
        graph.Expand(copy);
        state.Allocate("test");
        using var compute = new ComputeBuffer(memory, [graph], "test");
        x.Set<float>([1, 2, 3, 4]);
        Assert.Equal("on purpose", Assert.Throws<InvalidDataException>(() => memory.Backend.Compute(graph)).Message);
        fails = false;
        memory.Backend.Compute(graph);
        Assert.Equal([1, 2, 3, 4], copy.ToFloats());
    });

    private static void OnCpu(Action<DeviceMemory, StateBuffer, Context> test) => ComputeDevice.Get("CPU").Run(memory =>
    {
        using var state = new StateBuffer(memory);
        using var context = new Context(8, graphs: 1, graphNodes: 4);
        test(memory, state, context);
        return true;
    });
}
