namespace ZImage.Engine.Models;

/// <summary>The tiles of an image, or one tile for all of it.</summary>
/// <param name="width">Latent pixels along the width.</param>
/// <param name="height">Latent pixels along the height.</param>
/// <param name="scale">Pixels of a latent pixel along an axis.</param>
/// <param name="way">Says whether there are tiles.</param>
internal sealed class TileGrid(int width, int height, int scale, ImageWay way)
{
    public TileAxis Columns { get; } = new(width, Length(width, scale, way), way.Overlap);

    public TileAxis Rows { get; } = new(height, Length(height, scale, way), way.Overlap);

    /// <summary>Computes all tiles and blends them.</summary>
    /// <param name="input">[width, height, channels] times <paramref name="inputScale"/>, width fastest.</param>
    /// <param name="inputScale">Values of the input for a latent pixel, along an axis.</param>
    /// <param name="outputScale">Values of the output for a latent pixel, along an axis.</param>
    /// <param name="compute">Computes a tile.</param>
    /// <returns>[width, height, channels] times <paramref name="outputScale"/>.</returns>
    public float[] Compute(float[] input, int inputScale, int outputScale, Func<float[], float[]> compute)
    {
        if (Columns.Starts.Count * Rows.Starts.Count == 1)
            return compute(input);
        float[] output = [];
        float[][] across = [.. Columns.Weights(outputScale)], down = [.. Rows.Weights(outputScale)];
        int channels = input.Length / (width * height * inputScale * inputScale);
        for (int row = 0; row < down.Length; row++)
        {
            for (int column = 0; column < across.Length; column++)
            {
                float[] values = compute(Cut(input, channels, inputScale, Columns.Starts[column], Rows.Starts[row]));
                int results = values.Length / (across[column].Length * down[row].Length);
                if (output.Length == 0)
                    output = new float[(long)results * width * height * outputScale * outputScale];
                Blend(values, output, outputScale, (Columns.Starts[column], across[column]), (Rows.Starts[row], down[row]));
            }
        }
        return output;
    }

    private static int Length(int axis, int scale, ImageWay way) => way.Method == ImageMethod.Tiles ? Math.Min(way.TileSize / scale, axis) : axis;

    private float[] Cut(float[] input, int channels, int scale, int left, int top)
    {
        int wide = Columns.Tile * scale, high = Rows.Tile * scale;
        var tile = new float[wide * high * channels];
        for (int line = 0; line < channels * high; line++)
        {
            (int channel, int y) = (line / high, line % high);
            input.AsSpan((channel * height * scale + top * scale + y) * width * scale + left * scale, wide).CopyTo(tile.AsSpan(line * wide));
        }
        return tile;
    }

    private void Blend(float[] values, float[] output, int scale, (int Start, float[] Weights) column, (int Start, float[] Weights) row)
    {
        int wide = column.Weights.Length, high = row.Weights.Length;
        for (int line = 0; line < values.Length / wide; line++)
        {
            (int channel, int y) = (line / high, line % high);
            ReadOnlySpan<float> source = values.AsSpan(line * wide, wide);
            Span<float> target = output.AsSpan((channel * height * scale + row.Start * scale + y) * width * scale + column.Start * scale, wide);
            for (int x = 0; x < wide; x++)
                target[x] += source[x] * (column.Weights[x] * row.Weights[y]);
        }
    }
}
