using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// A convolution of a strip by a <see cref="FilterAlgorithm"/> along both axes, for the CPU. Its pieces are groups of tiles: sums of their pixels, a
/// matrix product for each pair of components, sums of the products. All of a piece stays in the caches of one processor, and nothing is waited for
/// before the end.
/// </summary>
/// <param name="algorithm">The algorithm.</param>
/// <param name="image">Rows of the image: [inputs, width, height].</param>
/// <param name="result">The strip: [outputs, width, height].</param>
/// <param name="left">Columns of zeros before the first of the image.</param>
/// <param name="above">Rows of zeros above the first.</param>
internal sealed class FilterOperation(FilterAlgorithm algorithm, ImageShape image, ImageShape result, int left, int above)
{
    // Tiles of a piece: enough that a panel of the kernel serves several groups, few enough that their sums stay near.
    private const int PieceTiles = 24;

    // Tiles whose products are made at a time, with a panel: 12 registers of sums.
    private const int GroupTiles = 6;

    private const int Outside = -1;

    // ggml's threads live as long as a graph is computed, so that what is kept for a thread would be lost.
    private static readonly ArrayPool<float> s_pool = ArrayPool<float>.Create(1 << 22, 64);

    private readonly int _across = algorithm.Tiles(result.Width), _tiles = algorithm.Tiles(result.Width) * algorithm.Tiles(result.Height);
    private readonly int _panels = (result.Channels + FilterKernel.PanelOutputs - 1) / FilterKernel.PanelOutputs;
    // Values of a tile's pair of components, whole vectors.
    private readonly int _inputs = (image.Channels + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;

    private int Pairs => algorithm.Components * algorithm.Components;

    private int Outputs => _panels * FilterKernel.PanelOutputs;

    /// <summary>The operation in a graph.</summary>
    /// <param name="c">Context of the graph.</param>
    /// <param name="x">The image, contiguous.</param>
    /// <param name="kernel">As <see cref="FilterKernel.In"/> has it.</param>
    /// <param name="bias">[outputs].</param>
    public Tensor Build(Context c, Tensor x, Tensor kernel, Tensor bias)
        => c.Custom(new HostOperation((_tiles + PieceTiles - 1) / PieceTiles, 2.0 * Pairs * _tiles * image.Channels * result.Channels, Compute), result.Channels, result.Width, result.Height, x, kernel, bias);

    private void Compute(HostOperands operands)
    {
        float[] sums = s_pool.Rent(Pairs * PieceTiles * _inputs), products = s_pool.Rent(Pairs * PieceTiles * Outputs);
        while (operands.Operation.TryTake(out int piece))
        {
            int first = piece * PieceTiles, count = Math.Min(PieceTiles, _tiles - first);
            for (int i = 0; i < count; i++)
                SumPixels(operands.Operand(0), first + i, sums.AsSpan(i * _inputs));
            Multiply(sums, operands.Operand(1), products, count);
            for (int i = 0; i < count; i++)
                SumProducts(products.AsSpan(i * Outputs), operands.Operand(2), first + i, operands.Result);
        }
        s_pool.Return(sums);
        s_pool.Return(products);
    }

    // The sums of a tile's pixels for every pair of components; pairs lie PieceTiles tiles apart.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumPixels(ReadOnlySpan<float> pixels, int tile, Span<float> sums)
    {
        int size = algorithm.TileSize;
        Span<Vector256<float>> values = stackalloc Vector256<float>[size * size], pairs = stackalloc Vector256<float>[Pairs];
        Span<int> places = stackalloc int[size * size];
        int top = tile / _across * algorithm.Step - above, start = tile % _across * algorithm.Step - left;
        for (int i = 0; i < places.Length; i++)
        {
            (int y, int x) = (top + i / size, start + i % size);
            places[i] = y < 0 || y >= image.Height || x < 0 || x >= image.Width ? Outside : (y * image.Width + x) * image.Channels;
        }
        for (int channel = 0; channel < image.Channels; channel += Vector256<float>.Count)
        {
            for (int i = 0; i < places.Length; i++)
                values[i] = places[i] == Outside ? default : Load(pixels.Slice(places[i], image.Channels), channel);
            algorithm.SumPixels(values, pairs);
            for (int pair = 0; pair < pairs.Length; pair++)
                pairs[pair].CopyTo(sums[(pair * PieceTiles * _inputs + channel)..]);
        }
    }

    private void Multiply(Span<float> sums, ReadOnlySpan<float> kernel, Span<float> products, int count)
    {
        int inputs = image.Channels;
        for (int pair = 0; pair < Pairs; pair++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                ReadOnlySpan<float> matrix = kernel.Slice((pair * _panels + panel) * inputs * FilterKernel.PanelOutputs, inputs * FilterKernel.PanelOutputs);
                // Tiles behind the last take part: nobody reads their products.
                for (int group = 0; group < count; group += GroupTiles)
                {
                    int tile = pair * PieceTiles + group;
                    Multiply(sums.Slice(tile * _inputs, GroupTiles * _inputs), _inputs, matrix, inputs,
                        products.Slice(tile * Outputs + panel * FilterKernel.PanelOutputs, (GroupTiles - 1) * Outputs + FilterKernel.PanelOutputs), Outputs);
                }
            }
        }
    }

    // Six rows times a panel [16, inputs].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> panel, int inputs, Span<float> products, int productLength)
    {
        ref float row0 = ref MemoryMarshal.GetReference(rows), row1 = ref Unsafe.Add(ref row0, rowLength), row2 = ref Unsafe.Add(ref row1, rowLength);
        ref float row3 = ref Unsafe.Add(ref row2, rowLength), row4 = ref Unsafe.Add(ref row3, rowLength), row5 = ref Unsafe.Add(ref row4, rowLength);
        ref float columns = ref MemoryMarshal.GetReference(panel);
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        for (nint i = 0; i < inputs; i++)
        {
            Vector256<float> left = Vector256.LoadUnsafe(ref columns), right = Vector256.LoadUnsafe(ref columns, 8);
            columns = ref Unsafe.Add(ref columns, FilterKernel.PanelOutputs);
            Vector256<float> value = Vector256.Create(Unsafe.Add(ref row0, i));
            (a0, a1) = (Vector256.MultiplyAddEstimate(value, left, a0), Vector256.MultiplyAddEstimate(value, right, a1));
            value = Vector256.Create(Unsafe.Add(ref row1, i));
            (b0, b1) = (Vector256.MultiplyAddEstimate(value, left, b0), Vector256.MultiplyAddEstimate(value, right, b1));
            value = Vector256.Create(Unsafe.Add(ref row2, i));
            (c0, c1) = (Vector256.MultiplyAddEstimate(value, left, c0), Vector256.MultiplyAddEstimate(value, right, c1));
            value = Vector256.Create(Unsafe.Add(ref row3, i));
            (d0, d1) = (Vector256.MultiplyAddEstimate(value, left, d0), Vector256.MultiplyAddEstimate(value, right, d1));
            value = Vector256.Create(Unsafe.Add(ref row4, i));
            (e0, e1) = (Vector256.MultiplyAddEstimate(value, left, e0), Vector256.MultiplyAddEstimate(value, right, e1));
            value = Vector256.Create(Unsafe.Add(ref row5, i));
            (f0, f1) = (Vector256.MultiplyAddEstimate(value, left, f0), Vector256.MultiplyAddEstimate(value, right, f1));
        }
        Store(products, a0, a1);
        Store(products[productLength..], b0, b1);
        Store(products[(2 * productLength)..], c0, c1);
        Store(products[(3 * productLength)..], d0, d1);
        Store(products[(4 * productLength)..], e0, e1);
        Store(products[(5 * productLength)..], f0, f1);

        static void Store(Span<float> target, Vector256<float> left, Vector256<float> right)
        {
            left.CopyTo(target);
            right.CopyTo(target[8..]);
        }
    }

    // The pixels of a tile; of the last tiles some lie outside the image.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumProducts(ReadOnlySpan<float> products, ReadOnlySpan<float> bias, int tile, Span<float> pixels)
    {
        int size = algorithm.Results;
        Span<Vector256<float>> pairs = stackalloc Vector256<float>[Pairs], values = stackalloc Vector256<float>[size * size];
        int top = tile / _across * size, start = tile % _across * size;
        for (int channel = 0; channel < result.Channels; channel += Vector256<float>.Count)
        {
            for (int pair = 0; pair < pairs.Length; pair++)
                pairs[pair] = Vector256.Create(products[(pair * PieceTiles * Outputs + channel)..]);
            algorithm.SumProducts(pairs, values);
            Vector256<float> offset = Load(bias, channel);
            for (int y = 0; y < size && top + y < result.Height; y++)
            {
                for (int x = 0; x < size && start + x < result.Width; x++)
                    Store(values[y * size + x] + offset, pixels.Slice(((top + y) * result.Width + start + x) * result.Channels, result.Channels), channel);
            }
        }
    }

    private static Vector256<float> Load(ReadOnlySpan<float> values, int first)
    {
        if (values.Length - first >= Vector256<float>.Count)
            return Vector256.Create(values[first..]);
        Span<float> part = stackalloc float[Vector256<float>.Count];
        values[first..].CopyTo(part);
        return Vector256.Create(part);
    }

    private static void Store(Vector256<float> vector, Span<float> values, int first)
    {
        if (values.Length - first >= Vector256<float>.Count)
        {
            vector.CopyTo(values[first..]);
            return;
        }
        for (int i = first; i < values.Length; i++)
            values[i] = vector[i - first];
    }
}
