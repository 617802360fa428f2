using System.Numerics;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>
/// Few colours for a picture of many, by median cut: the box of colours that vary most is cut at its mean, along the axis on which they vary
/// most, until there are enough boxes. Colours are gathered by the first five bits of each channel.
/// </summary>
internal sealed class ColorPalette
{
    private const int Bits = 5, Bins = 1 << (3 * Bits);

    private readonly byte[] _entryOfBin = new byte[Bins];

    /// <param name="image">The picture.</param>
    /// <param name="most">Most colours, 1 to 256.</param>
    public ColorPalette(PixelImage image, int most)
    {
        Bin[] bins = Gather(image);
        var boxes = new PriorityQueue<ArraySegment<Bin>, float>();
        Add(boxes, bins);
        // The box that varies most comes first; one that does not vary is never cut.
        while (boxes.Count < most && boxes.TryPeek(out ArraySegment<Bin> box, out float priority) && priority < 0)
        {
            boxes.Dequeue();
            int cut = Cut(box);
            Add(boxes, box[..cut]);
            Add(boxes, box[cut..]);
        }
        Colors = [.. boxes.UnorderedItems.Select(box => Mean(box.Element))];
        foreach (Bin bin in bins)
            _entryOfBin[bin.Index] = (byte)Nearest(bin.Color);
    }

    /// <summary>Red, green and blue, 0 to 255.</summary>
    public IReadOnlyList<Vector3> Colors { get; }

    /// <summary>The entry for a colour of the picture.</summary>
    public int IndexOf(byte red, byte green, byte blue) => _entryOfBin[BinOf(red, green, blue)];

    private static int BinOf(byte red, byte green, byte blue) => (red >> (8 - Bits) << (2 * Bits)) | (green >> (8 - Bits) << Bits) | (blue >> (8 - Bits));

    private static Bin[] Gather(PixelImage image)
    {
        var counts = new int[Bins];
        var sums = new long[Bins * 3];
        byte[] rgb = image.Rgb;
        for (int i = 0; i < rgb.Length; i += 3)
        {
            int bin = BinOf(rgb[i], rgb[i + 1], rgb[i + 2]);
            counts[bin]++;
            for (int channel = 0; channel < 3; channel++)
                sums[bin * 3 + channel] += rgb[i + channel];
        }
        return [.. Enumerable.Range(0, Bins).Where(bin => counts[bin] > 0).Select(bin => new Bin(bin, counts[bin], new Vector3(sums[bin * 3], sums[bin * 3 + 1], sums[bin * 3 + 2]) / counts[bin]))];
    }

    private static void Add(PriorityQueue<ArraySegment<Bin>, float> boxes, ArraySegment<Bin> box)
    {
        Vector3 squares = SquaresOf(box);
        boxes.Enqueue(box, box.Count == 1 ? 0 : -(squares.X + squares.Y + squares.Z));
    }

    // Puts the colours below the mean first, and says how many they are: at least one, and not all.
    private static int Cut(ArraySegment<Bin> box)
    {
        Vector3 squares = SquaresOf(box);
        int axis = squares.X >= squares.Y && squares.X >= squares.Z ? 0 : squares.Y >= squares.Z ? 1 : 2;
        box.AsSpan().Sort((a, b) => a.Color[axis].CompareTo(b.Color[axis]));
        float mean = Mean(box)[axis];
        int below = box.Count(bin => bin.Color[axis] < mean);
        return Math.Clamp(below, 1, box.Count - 1);
    }

    private static Vector3 Mean(ArraySegment<Bin> box)
    {
        Vector3 sum = default;
        float count = 0;
        foreach (Bin bin in box)
        {
            sum += bin.Color * bin.Count;
            count += bin.Count;
        }
        return sum / count;
    }

    // Squares of the distances to the mean, along each axis.
    private static Vector3 SquaresOf(ArraySegment<Bin> box)
    {
        Vector3 mean = Mean(box), squares = default;
        foreach (Bin bin in box)
            squares += (bin.Color - mean) * (bin.Color - mean) * bin.Count;
        return squares;
    }

    private int Nearest(Vector3 color)
    {
        int nearest = 0;
        for (int i = 1; i < Colors.Count; i++)
        {
            if (Vector3.DistanceSquared(Colors[i], color) < Vector3.DistanceSquared(Colors[nearest], color))
                nearest = i;
        }
        return nearest;
    }

    // Colours that begin with the same bits: how many pixels have one of them, and their mean.
    private readonly record struct Bin(int Index, int Count, Vector3 Color);
}
