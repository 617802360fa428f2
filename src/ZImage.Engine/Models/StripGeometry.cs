namespace ZImage.Engine.Models;

/// <summary>Width, height and channels of an image between two passes, F32.</summary>
internal readonly record struct ImageShape(int Width, int Height, int Channels)
{
    public long Elements => (long)Width * Height * Channels;

    public long Bytes => Elements * sizeof(float);

    public long RowBytes => (long)Width * sizeof(float);

    public long PlaneBytes => RowBytes * Height;
}

/// <summary>Which pixels of an image, enlarged first, a kernel sees for a pixel of its result; the same along both axes.</summary>
/// <param name="Size">Pixels of the kernel.</param>
/// <param name="Stride">Pixels from one place of the kernel to the next.</param>
/// <param name="Before">Zeros before the first pixel of the image.</param>
/// <param name="After">Zeros after the last.</param>
/// <param name="Enlargement">How often a pixel is repeated before the kernel comes.</param>
internal readonly record struct KernelReach(int Size, int Stride, int Before, int After, int Enlargement = 1)
{
    /// <summary>A kernel of odd size in the middle of its pixels, which keeps the size of the image.</summary>
    public static KernelReach Around(int size, int enlargement = 1) => new(size, 1, size / 2, size / 2, enlargement);

    /// <summary>Pixels of the result along an axis.</summary>
    public int Results(int pixels) => (pixels * Enlargement + Before + After - Size) / Stride + 1;

    /// <summary>The rows that result rows [first, first + count) come from.</summary>
    public RowWindow Rows(int first, int count, int height)
    {
        int top = first * Stride - Before, bottom = (first + count - 1) * Stride - Before + Size;
        int from = Math.Max(top, 0), to = Math.Min(bottom, height * Enlargement);
        int row = from / Enlargement, end = (to + Enlargement - 1) / Enlargement;
        return new RowWindow(row, end - row, from - row * Enlargement, to - from, from - top, bottom - to);
    }
}

/// <summary>The rows of an image that a strip of the result is computed from.</summary>
/// <param name="First">First row of the image.</param>
/// <param name="Count">Rows of the image.</param>
/// <param name="Skipped">Rows at the top that are not wanted after enlarging.</param>
/// <param name="Kept">Rows that are, after enlarging.</param>
/// <param name="Above">Rows of zeros above them: only at the edge of the whole image.</param>
/// <param name="Below">Rows of zeros below them.</param>
internal readonly record struct RowWindow(int First, int Count, int Skipped, int Kept, int Above, int Below);

/// <summary>Rows [First, First + Count) of a pass's result, and the rows of its image that they come from.</summary>
internal readonly record struct Strip(int First, int Count, RowWindow Image)
{
    /// <summary>Strips with the same shape are computed by the same graph.</summary>
    public Strip Shape => new(0, Count, Image with { First = 0 });

    /// <summary>Cuts a result into strips of the full width. Only the layer, the size of the image and <paramref name="mostBytes"/> decide, never a budget.</summary>
    /// <param name="layer">What is computed.</param>
    /// <param name="image">What it is computed from.</param>
    /// <param name="mostBytes">Most bytes of temporaries, unless the fewest rows of a strip take more.</param>
    /// <param name="layout">How the images lie.</param>
    public static IReadOnlyList<Strip> Cut(ImageLayer layer, ImageShape image, long mostBytes, ImageLayout layout)
    {
        int height = layer.Result(image).Height;
        int rows = layer.IsWhole ? height : (int)Math.Clamp(mostBytes / layer.RowBytes(image), Math.Min(layout.LeastStripRows, height), height);
        if (rows > layout.StripRows && rows < height)
            rows -= rows % layout.StripRows;
        var strips = new List<Strip>();
        for (int first = 0; first < height; first += rows)
        {
            int count = Math.Min(rows, height - first);
            strips.Add(new Strip(first, count, layer.Reach.Rows(first, count, image.Height)));
        }
        return strips;
    }
}
