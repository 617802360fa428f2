using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>One of several tensors in a sum, with its sign.</summary>
internal readonly record struct Term(int Index, bool IsNegative = false);

/// <summary>
/// A filter of three taps along one axis as products of sums: results of a tile = sums of (sums of taps) * (sums of pixels). With one product for
/// each of <see cref="Components"/>, on both axes a convolution takes Components^2 products for Results^2 pixels (S. Winograd's minimal filtering,
/// as Lavin and Gray use it for convolutions: Fast Algorithms for Convolutional Neural Networks, 2015).
/// </summary>
/// <param name="Step">Pixels from one tile to the next.</param>
/// <param name="Taps">For each component, the factor of each of the three taps.</param>
/// <param name="Pixels">For each component, the pixels of the tile that are summed; the first is added.</param>
/// <param name="Results">For each pixel of the result, the components that are summed; the first is added, and component 1 is always among them and added.</param>
internal sealed record FilterAlgorithm(int Step, float[][] Taps, Term[][] Pixels, Term[][] Results)
{
    /// <summary>Two results from four pixels in 4 products instead of 6: F(2, 3).</summary>
    public static FilterAlgorithm Minimal { get; } = new(2,
        [[1, 0, 0], [0.5f, 0.5f, 0.5f], [0.5f, -0.5f, 0.5f], [0, 0, 1]],
        [[new(0), new(2, true)], [new(1), new(2)], [new(2), new(1, true)], [new(1), new(3, true)]],
        [[new(0), new(1), new(2)], [new(1), new(2, true), new(3, true)]]);

    /// <summary>The two results of a pixel that is repeated, from it and its neighbours before they are repeated: 3 products instead of 6.</summary>
    public static FilterAlgorithm Doubling { get; } = new(1,
        [[1, 0, 0], [1, 1, 1], [0, 0, 1]],
        [[new(0), new(1, true)], [new(1)], [new(1), new(2, true)]],
        [[new(0), new(1)], [new(1), new(2, true)]]);

    /// <summary>One result for every other pixel, tap by tap.</summary>
    public static FilterAlgorithm Halving { get; } = new(2,
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[new(0)], [new(1)], [new(2)]],
        [[new(0), new(1), new(2)]]);

    public int Components => Taps.Length;

    /// <summary>Pixels of a tile.</summary>
    public int TileSize { get; } = Pixels.Max(terms => terms.Max(term => term.Index)) + 1;

    /// <summary>Tiles for so many results.</summary>
    public int Tiles(int results) => (results + Results.Length - 1) / Results.Length;

    /// <summary>Pixels that so many tiles cover.</summary>
    public int Covered(int tiles) => (tiles - 1) * Step + TileSize;

    /// <summary>The algorithm for a kernel of 3x3.</summary>
    public static FilterAlgorithm For(KernelReach reach) => reach switch
    {
        { Size: 3, Stride: 1, Enlargement: 1 } => Minimal,
        { Size: 3, Stride: 1, Enlargement: 2 } => Doubling,
        { Size: 3, Stride: 2, Enlargement: 1 } => Halving,
        _ => throw new ArgumentException($"There is no algorithm for {reach}.", nameof(reach)),
    };

    /// <summary>A sum of tensors.</summary>
    public static Tensor Sum(Context c, Term[] terms, Func<int, Tensor> tensor)
    {
        Tensor sum = tensor(terms[0].Index);
        foreach (Term term in terms.AsSpan(1))
            sum = term.IsNegative ? c.Sub(sum, tensor(term.Index)) : c.Add(sum, tensor(term.Index));
        return sum;
    }
}
