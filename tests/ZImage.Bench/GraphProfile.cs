using System.Diagnostics;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Bench;

/// <summary>Graphs that were computed of one block.</summary>
/// <param name="Part">text, caption (once for a prompt), step or decode.</param>
/// <param name="Block">The block.</param>
/// <param name="Graphs">How often a graph of it was computed.</param>
/// <param name="Nodes">Nodes of these graphs together.</param>
/// <param name="Kernels">Those of them that compute something, before the backend fuses any.</param>
internal sealed record GraphCount(string Part, string Block, int Graphs, int Nodes, int Kernels);

/// <summary>Time of one kind of operation in one block.</summary>
/// <param name="Part">As in <see cref="GraphCount"/>.</param>
/// <param name="Block">The block.</param>
/// <param name="Operation">As ggml names it; matrix products with the type of their weight.</param>
/// <param name="Count">How often it was computed.</param>
/// <param name="Seconds">All of them together, each started and waited for by itself.</param>
/// <param name="Flops">Floating-point operations of matrix products, convolutions and attention; 0 for others.</param>
/// <param name="Bytes">What operands and results take.</param>
internal sealed record OperationTime(string Part, string Block, string Operation, int Count, double Seconds, double Flops, double Bytes);

/// <summary>What the device is given to compute for a picture of one step, and how long each operation takes.</summary>
internal sealed class GraphProfile : IGenerationObserver
{
    private const string BlockMark = ", block ";

    private readonly Dictionary<(string Part, string Block), GraphCount> _graphs = [];
    private readonly Dictionary<(string Part, string Block, string Operation), OperationTime> _operations = [];
    private Phase _phase;

    /// <summary>Graphs in the order of their first computation.</summary>
    public IEnumerable<GraphCount> Graphs => _graphs.Values;

    /// <summary>Operations in the order of their first computation; none where they were not to be timed.</summary>
    public IEnumerable<OperationTime> Operations => _operations.Values;

    /// <summary>Draws one picture, and for the operations' times a second one, when nothing has to be read any more.</summary>
    public static GraphProfile Of(string modelFolder, string device, int threads, int pixels, bool timesOperations)
    {
        ModelFolder found = ModelFolder.Find(modelFolder);
        var options = new SessionOptions { Threads = threads, Offload = new OffloadOptions { PromptCache = PromptCaching.Off } };
        using ModelSession session = ModelSession.Open(new ModelFiles(found.Transformer, found.TextEncoder, found.Autoencoder), Devices.Find(device), options, null, CancellationToken.None);
        var request = new ImageRequest
        {
            Prompt = "a cat",
            Width = pixels,
            Height = pixels,
            Steps = 1,
            Sampler = "euler",
            Scheduler = "smoothstep",
            Shift = session.Defaults.Shift,
            Seed = 42,
        };
        var profile = new GraphProfile();
        session.Backend.Computing = profile.Count;
        // The first picture reads the weights, and on a card compiles the kernels of operations that are not fused.
        session.Backend.Profiler = timesOperations ? (_, _) => { } : null;
        session.Generate(request, profile, CancellationToken.None);
        session.Backend.Computing = null;
        if (timesOperations)
        {
            session.Backend.Profiler = profile.Add;
            session.Generate(request, profile, CancellationToken.None);
        }
        return profile;
    }

    public void OnProgress(GenerationProgress progress) => _phase = progress.Phase;

    public void OnMessage(MessageLevel level, string text)
    {
    }

    private void Count(Graph graph)
    {
        if (Place() is not { } place)
            return;
        int kernels = Enumerable.Range(0, graph.NodeCount).Count(i => graph.Node(i).IsComputed);
        GraphCount before = _graphs.GetValueOrDefault(place) ?? new GraphCount(place.Part, place.Block, 0, 0, 0);
        _graphs[place] = before with { Graphs = before.Graphs + 1, Nodes = before.Nodes + graph.NodeCount, Kernels = before.Kernels + kernels };
    }

    private void Add(Tensor node, TimeSpan time)
    {
        if (Place() is not { } place)
            return;
        string name = node.Operation == "MUL_MAT" ? $"MUL_MAT {node.Source(0).Type}" : node.Operation;
        OperationTime before = _operations.GetValueOrDefault((place.Part, place.Block, name)) ?? new OperationTime(place.Part, place.Block, name, 0, 0, 0, 0);
        _operations[(place.Part, place.Block, name)] = before with
        {
            Count = before.Count + 1,
            Seconds = before.Seconds + time.TotalSeconds,
            Flops = before.Flops + node.Flops,
            Bytes = before.Bytes + node.TouchedBytes,
        };
    }

    // A thread that computes says what, for faults to name. What is computed outside of blocks are trials of the device.
    private (string Part, string Block)? Place()
    {
        string activity = NativeThread.Current?.Activity ?? "";
        int mark = activity.LastIndexOf(BlockMark, StringComparison.Ordinal);
        if (mark < 0)
            return null;
        string part = _phase switch
        {
            Phase.Condition => "text",
            Phase.Decode => "decode",
            Phase.Sample => activity.StartsWith("before", StringComparison.Ordinal) ? "caption" : "step",
            _ => throw new UnreachableException($"A block is computed in the phase {_phase}."),
        };
        return (part, activity[(mark + BlockMark.Length)..]);
    }
}
