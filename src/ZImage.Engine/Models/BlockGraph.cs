using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>What is computed of a block, or of a part of it, for one shape of input while the block's weights are there.</summary>
public interface IBlockWork
{
    /// <summary>The block whose weights it uses.</summary>
    Block Block { get; }

    /// <summary>Name of what is computed, as it appears in errors and profiles.</summary>
    string Name { get; }

    /// <summary>When in the run it is computed, for a fault to name: for example <c>step 3 of 8</c>.</summary>
    string Moment { get; }

    /// <summary>What is computed, as it lies in states of the model.</summary>
    IReadOnlyList<Tensor> Results { get; }

    /// <summary>Computes it and waits for its results.</summary>
    /// <param name="backend">The device on which it has its place.</param>
    /// <param name="cancellation">Looked at between pieces, if it has any.</param>
    void Compute(Backend backend, CancellationToken cancellation);
}

/// <summary>One block as one graph for one shape of input. Built once, computed in every step.</summary>
public sealed class BlockGraph : IBlockWork, IDisposable
{
    /// <summary>Nodes that a graph has room for unless more are asked for.</summary>
    public const int DefaultNodes = 1024;

    private readonly Context _context;

    /// <param name="block">The block whose weights it uses.</param>
    /// <param name="name">Name of what is computed, as it appears in errors and profiles.</param>
    /// <param name="build">Makes the operations; every tensor it returns is computed, in that order.</param>
    /// <param name="nodes">Most operations, views included.</param>
    public BlockGraph(Block block, string name, Func<Context, IEnumerable<Tensor>> build, int nodes = DefaultNodes)
    {
        Block = block;
        Name = name;
        _context = new Context(nodes, graphs: 1, graphNodes: nodes);
        try
        {
            Graph = _context.NewGraph(nodes);
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

    public string Moment { get; set; } = "";

    public Graph Graph { get; }

    /// <summary>What <c>build</c> returned: the results, as they lie in states of the model.</summary>
    public IReadOnlyList<Tensor> Results { get; }

    public void Compute(Backend backend, CancellationToken cancellation)
    {
        if (NativeThread.Current is { } thread)
            thread.Activity = $"{Moment}, block {Name}";
        backend.Compute(Graph);
    }

    public void Dispose() => _context.Dispose();
}

/// <summary>A block with what is computed while its weights are there: of the prompt, of the negative prompt, of each picture, or several passes.</summary>
/// <param name="Block">The block.</param>
/// <param name="Work">At least one piece, in the order of computation.</param>
public sealed record BlockVisit(Block Block, IReadOnlyList<IBlockWork> Work)
{
    /// <summary>The visits of several runs through the same blocks, each block once.</summary>
    /// <param name="runs">Graphs of each run in their order; the i-th of every run belong to the same block.</param>
    public static IReadOnlyList<BlockVisit> Of(params IReadOnlyList<IReadOnlyList<IBlockWork>> runs)
        => [.. Enumerable.Range(0, runs[0].Count).Select(i => new BlockVisit(runs[0][i].Block, [.. runs.Select(run => run[i])]))];
}
