using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One block as one graph for one shape of input. Built once, computed in every step.</summary>
public sealed class BlockGraph : IDisposable
{
    private const int Nodes = 1024;

    private readonly Context _context;

    /// <param name="name">Name of the block, as it appears in errors and profiles.</param>
    /// <param name="build">Makes the operations; every tensor it returns is computed, in that order.</param>
    public BlockGraph(string name, Func<Context, IEnumerable<Tensor>> build)
    {
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

    public string Name { get; }

    public Graph Graph { get; }

    /// <summary>What <c>build</c> returned: the results, as they lie in states of the model.</summary>
    public IReadOnlyList<Tensor> Results { get; }

    /// <summary>Computes the block and waits for its results.</summary>
    /// <param name="backend">The device on which the graph has its place.</param>
    /// <param name="moment">When in the run, for a fault to name.</param>
    public void Compute(Backend backend, string moment)
    {
        if (NativeThread.Current is { } thread)
            thread.Activity = $"{moment}, block {Name}";
        backend.Compute(Graph);
    }

    public void Dispose() => _context.Dispose();
}
