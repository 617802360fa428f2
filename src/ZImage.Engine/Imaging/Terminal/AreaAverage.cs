namespace ZImage.Engine.Imaging.Terminal;

/// <summary>
/// Another size for a picture: each new pixel is the mean of the area that it covers, taken in linear light, so that fine bright lines stay as
/// bright as they were.
/// </summary>
internal static class AreaAverage
{
    private const int Channels = 3;

    private static readonly float[] s_linear = [.. Enumerable.Range(0, 256).Select(value => ToLinear(value / 255f))];

    public static PixelImage Resize(PixelImage image, int width, int height)
    {
        if ((image.Width, image.Height) == (width, height))
            return image;
        (int First, float[] Weights)[] columns = Coverage(image.Width, width), rows = Coverage(image.Height, height);
        var rgb = new byte[width * height * Channels];
        var line = new float[image.Width * Channels];
        for (int y = 0; y < height; y++)
        {
            Array.Clear(line);
            for (int i = 0; i < rows[y].Weights.Length; i++)
            {
                float weight = rows[y].Weights[i];
                ReadOnlySpan<byte> source = image.Rgb.AsSpan((rows[y].First + i) * line.Length, line.Length);
                for (int k = 0; k < source.Length; k++)
                    line[k] += weight * s_linear[source[k]];
            }
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < Channels; channel++)
                {
                    float sum = 0;
                    for (int i = 0; i < columns[x].Weights.Length; i++)
                        sum += columns[x].Weights[i] * line[(columns[x].First + i) * Channels + channel];
                    rgb[(y * width + x) * Channels + channel] = (byte)MathF.Round(255 * ToSrgb(sum));
                }
            }
        }
        return new PixelImage(width, height, rgb);
    }

    // For each new pixel along an axis: the old pixels under it, and the shares of it that they cover.
    private static (int First, float[] Weights)[] Coverage(int from, int to)
    {
        var coverage = new (int, float[])[to];
        double length = (double)from / to;
        for (int i = 0; i < to; i++)
        {
            double start = i * length, end = Math.Min((i + 1) * length, from);
            int first = Math.Min((int)start, from - 1), last = Math.Clamp((int)Math.Ceiling(end) - 1, first, from - 1);
            var weights = new float[last - first + 1];
            for (int k = first; k <= last; k++)
                weights[k - first] = (float)((Math.Min(end, k + 1) - Math.Max(start, k)) / (end - start));
            coverage[i] = (first, weights);
        }
        return coverage;
    }

    private static float ToLinear(float value) => value <= 0.04045f ? value / 12.92f : MathF.Pow((value + 0.055f) / 1.055f, 2.4f);

    private static float ToSrgb(float value) => Math.Clamp(value <= 0.0031308f ? value * 12.92f : 1.055f * MathF.Pow(value, 1 / 2.4f) - 0.055f, 0, 1);
}
