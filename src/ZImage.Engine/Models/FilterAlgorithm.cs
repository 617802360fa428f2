using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ZImage.Engine.Models;

/// <summary>
/// A 3x3 convolution of a tile as products of sums: pixels of the result = sums of (sums of taps) * (sums of pixels), with one product for each pair
/// of a vertical and a horizontal component (S. Winograd's minimal filtering, as Lavin and Gray use it for convolutions: Fast Algorithms for
/// Convolutional Neural Networks, 2015). Vectors hold the same pixel of several channels.
/// </summary>
internal abstract class FilterAlgorithm
{
    /// <summary>2x2 results from 4x4 pixels in 16 products instead of 36: F(2x2, 3x3).</summary>
    public static FilterAlgorithm Minimal { get; } = new Separable<MinimalAxis>();

    /// <summary>The 2x2 results of a pixel that is repeated, from it and its neighbours before they are repeated: 9 products instead of 36.</summary>
    public static FilterAlgorithm Doubling { get; } = new Separable<DoublingAxis>();

    /// <summary>A result for every other pixel along both axes, tap by tap.</summary>
    public static FilterAlgorithm Halving { get; } = new Separable<HalvingAxis>();

    /// <summary>Pixels from one tile to the next.</summary>
    public abstract int Step { get; }

    /// <summary>Pixels of a tile along an axis.</summary>
    public abstract int TileSize { get; }

    /// <summary>Components along an axis.</summary>
    public int Components => Taps.Length;

    /// <summary>Pixels of the result along an axis.</summary>
    public abstract int Results { get; }

    /// <summary>For each component along an axis, the factor of each of the three taps.</summary>
    public abstract float[][] Taps { get; }

    /// <summary>Tiles along an axis for so many results.</summary>
    public int Tiles(int results) => (results + Results - 1) / Results;

    /// <summary>The sums of a tile's pixels for each pair of components, the horizontal one faster.</summary>
    public abstract void SumPixels(ReadOnlySpan<Vector256<float>> tile, Span<Vector256<float>> pairs);

    /// <summary>The pixels of the result, row by row, from the products.</summary>
    public abstract void SumProducts(ReadOnlySpan<Vector256<float>> pairs, Span<Vector256<float>> results);

    /// <summary>The algorithm for a kernel of 3x3.</summary>
    public static FilterAlgorithm For(KernelReach reach) => reach switch
    {
        { Size: 3, Stride: 1, Enlargement: 1 } => Minimal,
        { Size: 3, Stride: 1, Enlargement: 2 } => Doubling,
        { Size: 3, Stride: 2, Enlargement: 1 } => Halving,
        _ => throw new ArgumentException($"There is no algorithm for {reach}.", nameof(reach)),
    };

    // The same along both axes, the vertical one first.
    private sealed class Separable<TAxis> : FilterAlgorithm where TAxis : struct, IAxis
    {
        public override int Step => TAxis.Step;

        public override int TileSize => TAxis.TileSize;

        public override int Results => TAxis.Results;

        public override float[][] Taps { get; } = TAxis.Taps;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void SumPixels(ReadOnlySpan<Vector256<float>> tile, Span<Vector256<float>> pairs)
        {
            Span<Vector256<float>> down = stackalloc Vector256<float>[TAxis.Components * TAxis.TileSize];
            ref Vector256<float> from = ref MemoryMarshal.GetReference(tile), middle = ref MemoryMarshal.GetReference(down), to = ref MemoryMarshal.GetReference(pairs);
            for (int x = 0; x < TAxis.TileSize; x++)
                TAxis.SumPixels(ref Unsafe.Add(ref from, x), TAxis.TileSize, ref Unsafe.Add(ref middle, x), TAxis.TileSize);
            for (int a = 0; a < TAxis.Components; a++)
                TAxis.SumPixels(ref Unsafe.Add(ref middle, a * TAxis.TileSize), 1, ref Unsafe.Add(ref to, a * TAxis.Components), 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void SumProducts(ReadOnlySpan<Vector256<float>> pairs, Span<Vector256<float>> results)
        {
            Span<Vector256<float>> down = stackalloc Vector256<float>[TAxis.Results * TAxis.Components];
            ref Vector256<float> from = ref MemoryMarshal.GetReference(pairs), middle = ref MemoryMarshal.GetReference(down), to = ref MemoryMarshal.GetReference(results);
            for (int b = 0; b < TAxis.Components; b++)
                TAxis.SumProducts(ref Unsafe.Add(ref from, b), TAxis.Components, ref Unsafe.Add(ref middle, b), TAxis.Components);
            for (int r = 0; r < TAxis.Results; r++)
                TAxis.SumProducts(ref Unsafe.Add(ref middle, r * TAxis.Components), 1, ref Unsafe.Add(ref to, r * TAxis.Results), 1);
        }
    }

    // A filter of three taps along one axis. Values and sums lie so far apart.
    private interface IAxis
    {
        static abstract int Step { get; }

        static abstract int TileSize { get; }

        static abstract int Components { get; }

        static abstract int Results { get; }

        static abstract float[][] Taps { get; }

        static abstract void SumPixels(ref Vector256<float> pixels, int distance, ref Vector256<float> sums, int sumDistance);

        static abstract void SumProducts(ref Vector256<float> products, int distance, ref Vector256<float> results, int resultDistance);
    }

    private readonly struct MinimalAxis : IAxis
    {
        public static int Step => 2;

        public static int TileSize => 4;

        public static int Components => 4;

        public static int Results => 2;

        public static float[][] Taps => [[1, 0, 0], [0.5f, 0.5f, 0.5f], [0.5f, -0.5f, 0.5f], [0, 0, 1]];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumPixels(ref Vector256<float> pixels, int distance, ref Vector256<float> sums, int sumDistance)
        {
            (Vector256<float> a, Vector256<float> b) = (pixels, Unsafe.Add(ref pixels, distance));
            (Vector256<float> c, Vector256<float> d) = (Unsafe.Add(ref pixels, 2 * distance), Unsafe.Add(ref pixels, 3 * distance));
            sums = a - c;
            Unsafe.Add(ref sums, sumDistance) = b + c;
            Unsafe.Add(ref sums, 2 * sumDistance) = c - b;
            Unsafe.Add(ref sums, 3 * sumDistance) = b - d;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumProducts(ref Vector256<float> products, int distance, ref Vector256<float> results, int resultDistance)
        {
            (Vector256<float> b, Vector256<float> c) = (Unsafe.Add(ref products, distance), Unsafe.Add(ref products, 2 * distance));
            results = products + b + c;
            Unsafe.Add(ref results, resultDistance) = b - c - Unsafe.Add(ref products, 3 * distance);
        }
    }

    private readonly struct DoublingAxis : IAxis
    {
        public static int Step => 1;

        public static int TileSize => 3;

        public static int Components => 3;

        public static int Results => 2;

        public static float[][] Taps => [[1, 0, 0], [1, 1, 1], [0, 0, 1]];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumPixels(ref Vector256<float> pixels, int distance, ref Vector256<float> sums, int sumDistance)
        {
            Vector256<float> b = Unsafe.Add(ref pixels, distance);
            sums = pixels - b;
            Unsafe.Add(ref sums, sumDistance) = b;
            Unsafe.Add(ref sums, 2 * sumDistance) = b - Unsafe.Add(ref pixels, 2 * distance);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumProducts(ref Vector256<float> products, int distance, ref Vector256<float> results, int resultDistance)
        {
            Vector256<float> b = Unsafe.Add(ref products, distance);
            results = products + b;
            Unsafe.Add(ref results, resultDistance) = b - Unsafe.Add(ref products, 2 * distance);
        }
    }

    private readonly struct HalvingAxis : IAxis
    {
        public static int Step => 2;

        public static int TileSize => 3;

        public static int Components => 3;

        public static int Results => 1;

        public static float[][] Taps => [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumPixels(ref Vector256<float> pixels, int distance, ref Vector256<float> sums, int sumDistance)
        {
            sums = pixels;
            Unsafe.Add(ref sums, sumDistance) = Unsafe.Add(ref pixels, distance);
            Unsafe.Add(ref sums, 2 * sumDistance) = Unsafe.Add(ref pixels, 2 * distance);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void SumProducts(ref Vector256<float> products, int distance, ref Vector256<float> results, int resultDistance)
            => results = products + Unsafe.Add(ref products, distance) + Unsafe.Add(ref products, 2 * distance);
    }
}
