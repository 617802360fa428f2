using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The text encoder's graphs for prompts of some lengths, with a state for each prompt; a block is visited once for all prompts. Nothing is
/// allocated before <see cref="Encode"/>.
/// </summary>
internal sealed class TextEncoderRun : IDisposable
{
    private const int TensorsOfPrompt = 3;

    private readonly Qwen3TextEncoder _model;
    private readonly DeviceMemory _memory;
    private readonly StateBuffer _state;
    private readonly List<Prompt> _prompts = [];

    /// <param name="model">The text encoder.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="tokens">Number of tokens of each prompt.</param>
    public TextEncoderRun(Qwen3TextEncoder model, DeviceMemory memory, IReadOnlyList<int> tokens)
    {
        (_model, _memory) = (model, memory);
        _state = new StateBuffer(memory, TensorsOfPrompt * tokens.Count);
        try
        {
            foreach (int count in tokens)
            {
                Tensor x = _state.Add("x", GgmlType.F32, model.Config.Hidden, count);
                Tensor positions = _state.Add("positions", GgmlType.I32, count);
                Tensor mask = _state.Add("mask", GgmlType.F32, count, count);
                _prompts.Add(new Prompt(count, x, positions, mask, model.BuildGraphs(x, positions, mask)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What <see cref="Encode"/> takes.</summary>
    public Footprint Footprint => Footprint.Of(_memory, _state.Bytes, [.. _prompts.SelectMany(prompt => prompt.Graphs)]);

    /// <summary>Encodes prompts of the lengths given before.</summary>
    /// <param name="prompts">Token ids of each.</param>
    /// <param name="afterBlock">Called with the number of blocks done and the residual stream [hidden, tokens] of the first prompt; for tests.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <returns>Hidden state of each prompt, [hidden, tokens].</returns>
    /// <exception cref="NotFiniteException">A hidden state holds NaN or infinity.</exception>
    public float[][] Encode(IReadOnlyList<int[]> prompts, Action<int, Tensor>? afterBlock, CancellationToken cancellation)
    {
        float[][] embeddings = [.. prompts.Select(tokens => _model.Embed(tokens))];
        _state.Allocate("the text encoder's state");
        using var compute = new ComputeBuffer(_memory, [.. _prompts.SelectMany(prompt => prompt.Graphs).Select(g => g.Graph)], "the text encoder's computation");
        for (int i = 0; i < _prompts.Count; i++)
        {
            Prompt prompt = _prompts[i];
            prompt.X.Set<float>(embeddings[i]);
            prompt.Positions.Set<int>([.. Enumerable.Range(0, prompt.Tokens)]);
            prompt.Mask.Set<float>(CausalMask(prompt.Tokens));
        }
        int done = 0;
        _model.Weights.Residency.Compute(BlockVisit.Of([.. _prompts.Select(prompt => prompt.Graphs)]), again: false, graph =>
        {
            if (_prompts[0].Graphs[Math.Min(done, _prompts[0].Graphs.Count - 1)] == graph)
                afterBlock?.Invoke(++done, _prompts[0].X);
        }, cancellation);
        return [.. _prompts.Select((prompt, i) => Hidden(prompt, embeddings[i], cancellation))];
    }

    public void Dispose()
    {
        foreach (BlockGraph graph in _prompts.SelectMany(prompt => prompt.Graphs))
            graph.Dispose();
        _state.Dispose();
    }

    private float[] Hidden(Prompt prompt, float[] embeddings, CancellationToken cancellation)
    {
        float[] hidden = prompt.X.ToFloats();
        if (FiniteNumbers.All(hidden))
            return hidden;
        prompt.X.Set<float>(embeddings);
        throw new BlockSearch(_model.Weights, "The text encoder").NotFinite(("token_embd", embeddings), BlockVisit.Of(prompt.Graphs), cancellation);
    }

    private static float[] CausalMask(int count)
    {
        var mask = new float[count * count];
        for (int query = 0; query < count; query++)
            mask.AsSpan(query * count + query + 1, count - query - 1).Fill(float.NegativeInfinity);
        return mask;
    }

    private sealed record Prompt(int Tokens, Tensor X, Tensor Positions, Tensor Mask, IReadOnlyList<BlockGraph> Graphs);
}
