using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// Finds the block that a bad result of a model comes from, in a second run that looks at the result of every block. The inputs of the graphs
/// must be in place still.
/// </summary>
/// <param name="weights">The model's weights, by blocks.</param>
/// <param name="model">What computes, to begin a sentence with.</param>
internal sealed class BlockSearch(ModelWeights weights, string model)
{
    /// <summary>Whether a result is bad: its values, and how many of them make a row.</summary>
    public delegate bool BadResult(ReadOnlySpan<float> values, int rowLength);

    /// <summary>The first bad result.</summary>
    /// <param name="input">What the first block got, and its name.</param>
    /// <param name="visits">The blocks in their order.</param>
    /// <param name="isBad">What is looked for.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    public BlockResult Find((string Name, float[] Values) input, IReadOnlyList<BlockVisit> visits, BadResult isBad, CancellationToken cancellation)
    {
        string moment = visits[0].Work[0].Moment;
        if (isBad(input.Values, input.Values.Length))
            return Result(moment, input.Name, input.Values);
        BlockResult? found = null;
        weights.Residency.Compute(visits, again: false, work =>
        {
            foreach (Tensor result in work.Results)
            {
                if (found is null && result.ToFloats() is var values && isBad(values, (int)result.Ne(0)))
                    found = Result(moment, work.Name, values);
            }
        }, cancellation);
        return found ?? Result(moment, null, []);
    }

    /// <summary>The fault for a result that holds NaN or infinity.</summary>
    public NotFiniteException NotFinite((string Name, float[] Values) input, IReadOnlyList<BlockVisit> visits, CancellationToken cancellation)
        => new(Find(input, visits, (values, _) => !FiniteNumbers.All(values), cancellation));

    private BlockResult Result(string moment, string? block, float[] values)
    {
        // A graph may be a part of a block, or read rows from the file: then the names of the weights tell.
        Block? holder = weights.Blocks.FirstOrDefault(b => b.Name == block) ?? weights.Blocks.FirstOrDefault(b => b.Weights.Any(w => w.Sources.Any(IsOf)));
        ComponentTensor[] sources = holder is null ? [.. weights.File.Tensors.Values.Where(IsOf)] : [.. holder.Weights.SelectMany(w => w.Sources)];
        string types = string.Join(" and ", sources.GroupBy(t => t.Type).OrderByDescending(g => g.Sum(t => t.Bytes)).Select(g => g.Key));
        string? damaged = (holder is null ? sources.FirstOrDefault() : sources.FirstOrDefault(IsDamaged))?.Name;
        return new BlockResult(model, moment, block, FiniteNumbers.Count(values), values.Length, types, damaged, weights.Backend.Device.Name, weights.File.Path);

        bool IsOf(ComponentTensor tensor) => block is not null && tensor.Name.StartsWith(block + ".", StringComparison.Ordinal);
    }

    private static bool IsDamaged(ComponentTensor source)
    {
        var values = new float[source.Elements];
        source.Decode(0, values, source.ReadScale());
        return !FiniteNumbers.All(values);
    }
}
