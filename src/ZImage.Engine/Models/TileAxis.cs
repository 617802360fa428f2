namespace ZImage.Engine.Models;

/// <summary>Tiles along one axis of an image: all of the same length, spread evenly from the first pixel to the last.</summary>
internal sealed class TileAxis
{
    private readonly int _length;

    /// <param name="length">Length of the axis in latent pixels.</param>
    /// <param name="tile">Length of a tile.</param>
    /// <param name="overlap">Share of a tile that overlaps the next at least.</param>
    public TileAxis(int length, int tile, float overlap)
    {
        (_length, Tile) = (length, tile);
        int count = Count(length, tile, overlap);
        Starts = [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (int)((long)i * (length - tile) / (count - 1)))];
    }

    /// <summary>Length of a tile in latent pixels.</summary>
    public int Tile { get; }

    /// <summary>First latent pixel of each tile.</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>How many tiles a length takes.</summary>
    public static int Count(int length, int tile, float overlap)
    {
        if (tile >= length)
            return 1;
        int step = Math.Max((int)(tile * (1 - Math.Clamp(overlap, 0, 0.5f))), 1);
        return 1 + (length - tile + step - 1) / step;
    }

    /// <summary>
    /// The weight of every value of each tile: it passes linearly from one tile to the next over what they have in common, and the weights of all
    /// tiles have a sum of 1 everywhere.
    /// </summary>
    /// <param name="scale">Values for a latent pixel.</param>
    public IReadOnlyList<float[]> Weights(int scale)
    {
        int size = Tile * scale, last = Starts.Count - 1;
        var sums = new float[_length * scale];
        var weights = new float[Starts.Count][];
        for (int i = 0; i <= last; i++)
        {
            // Nothing is in common at the edges of the image.
            int before = i == 0 ? 0 : (Starts[i - 1] + Tile - Starts[i]) * scale;
            int after = i == last ? 0 : (Starts[i] + Tile - Starts[i + 1]) * scale;
            weights[i] = [.. Enumerable.Range(0, size).Select(k => MathF.Min(Ramp(k, before), Ramp(size - 1 - k, after)))];
            for (int k = 0; k < size; k++)
                sums[Starts[i] * scale + k] += weights[i][k];
        }
        // Three tiles may meet where the last two lie close together.
        for (int i = 0; i <= last; i++)
        {
            for (int k = 0; k < size; k++)
                weights[i][k] /= sums[Starts[i] * scale + k];
        }
        return weights;

        static float Ramp(int distance, int ramp) => distance >= ramp ? 1 : (distance + 0.5f) / ramp;
    }
}
