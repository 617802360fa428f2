using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One block as one graph for one shape of input. Built once, computed in every step.</summary>
public sealed class BlockGraph : IDisposable
{
    private const int Nodes = 1024;

    private readonly Context _context;

    /// <param name="block">The block whose weights it uses.</param>
    /// <param name="name">Name of what is computed, as it appears in errors and profiles.</param>
    /// <param name="build">Makes the operations; every tensor it returns is computed, in that order.</param>
    public BlockGraph(Block block, string name, Func<Context, IEnumerable<Tensor>> build)
    {
        Block = block;
        Name = name;
        _context = new Context(Nodes, graphs: 1, graphNodes: Nodes);
        try
        {
            Graph = _context.NewGraph(Nodes);
            Results = [.. build(_context)];
            foreach (Tensor result in Results)
                Graph.Expand(result);
        }
        catch
        {
            _context.Dispose();
            throw;
        }
    }

    public Block Block { get; }

    public string Name { get; }

    /// <summary>When in the run it is computed, for a fault to name: for example <c>step 3 of 8</c>.</summary>
    public string Moment { get; set; } = "";

    public Graph Graph { get; }

    /// <summary>What <c>build</c> returned: the results, as they lie in states of the model.</summary>
    public IReadOnlyList<Tensor> Results { get; }

    /// <summary>Computes the block and waits for its results.</summary>
    /// <param name="backend">The device on which the graph has its place.</param>
    public void Compute(Backend backend)
    {
        if (NativeThread.Current is { } thread)
            thread.Activity = $"{Moment}, block {Name}";
        backend.Compute(Graph);
    }

    public void Dispose() => _context.Dispose();
}

/// <summary>A block with the graphs that are computed while its weights are there: of the prompt, of the negative prompt, of each picture.</summary>
/// <param name="Block">The block.</param>
/// <param name="Graphs">At least one.</param>
public sealed record BlockVisit(Block Block, IReadOnlyList<BlockGraph> Graphs)
{
    /// <summary>The visits of several runs through the same blocks, each block once.</summary>
    /// <param name="runs">Graphs of each run in their order; the i-th of every run belong to the same block.</param>
    public static IReadOnlyList<BlockVisit> Of(params IReadOnlyList<IReadOnlyList<BlockGraph>> runs)
        => [.. Enumerable.Range(0, runs[0].Count).Select(i => new BlockVisit(runs[0][i].Block, [.. runs.Select(run => run[i])]))];
}
