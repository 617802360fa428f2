using ZImage.Engine.Imaging;

namespace ZImage.Engine.Generation;

/// <summary>
/// What a latent looks like before it is decoded: red, green and blue as linear functions of its channels, fitted by least squares to what this
/// autoencoder has decoded so far. One pixel for each pixel of the latent.
/// </summary>
/// <param name="channels">Channels of latents.</param>
/// <param name="scale">Pixels along an axis for one latent pixel.</param>
internal sealed class LatentColors(int channels, int scale)
{
    private const int Colors = 3;

    // Keeps the fit sound where channels go together; small beside the variance of about 1 that latents have.
    private const double Ridge = 1e-3;

    // The channels, and 1 for the constant part.
    private readonly int _terms = channels + 1;

    // Sums of the products of terms with terms, and of terms with colours.
    private readonly double[,] _products = new double[channels + 1, channels + 1], _targets = new double[channels + 1, Colors];
    private double _pixels;
    private float[,]? _weights;

    /// <summary>Whether anything was learnt yet.</summary>
    public bool IsKnown => _pixels > 0;

    /// <summary>Pixels of a picture along an axis for one of a preview.</summary>
    public int Scale => scale;

    /// <summary>Learns from a latent and what it was decoded to.</summary>
    /// <param name="latent">[width, height, channels], width fastest.</param>
    /// <param name="planes">[width * scale, height * scale, 3], values about -1 to 1.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    public void Learn(ReadOnlySpan<float> latent, ReadOnlySpan<float> planes, int width, int height)
    {
        int area = width * height;
        var terms = new double[_terms];
        terms[channels] = 1;
        for (int i = 0; i < area; i++)
        {
            for (int channel = 0; channel < channels; channel++)
                terms[channel] = latent[channel * area + i];
            for (int a = 0; a < _terms; a++)
            {
                for (int b = 0; b < _terms; b++)
                    _products[a, b] += terms[a] * terms[b];
            }
            for (int color = 0; color < Colors; color++)
            {
                double mean = Mean(planes.Slice(color * area * scale * scale, area * scale * scale), width, i % width, i / width);
                for (int a = 0; a < _terms; a++)
                    _targets[a, color] += terms[a] * mean;
            }
        }
        _pixels += area;
        _weights = null;
    }

    /// <summary>Draws latents, one behind the other, side by side.</summary>
    /// <param name="latents">[width, height, channels] of each, width fastest.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    public PixelImage Draw(ReadOnlySpan<float> latents, int width, int height)
    {
        float[,] weights = _weights ??= Fit();
        int area = width * height, images = latents.Length / (area * channels);
        var rgb = new byte[images * area * Colors];
        for (int image = 0; image < images; image++)
        {
            ReadOnlySpan<float> latent = latents.Slice(image * area * channels, area * channels);
            for (int i = 0; i < area; i++)
            {
                int target = (i / width * width * images + image * width + i % width) * Colors;
                for (int color = 0; color < Colors; color++)
                {
                    float value = weights[channels, color];
                    for (int channel = 0; channel < channels; channel++)
                        value += weights[channel, color] * latent[channel * area + i];
                    rgb[target + color] = (byte)MathF.Round(DecodedPlanes.ToUnit(value) * byte.MaxValue);
                }
            }
        }
        return new PixelImage(width * images, height, rgb);
    }

    private double Mean(ReadOnlySpan<float> plane, int width, int x, int y)
    {
        double sum = 0;
        for (int row = 0; row < scale; row++)
        {
            foreach (float value in plane.Slice(((y * scale + row) * width + x) * scale, scale))
                sum += Math.Clamp(value, -1, 1);
        }
        return sum / (scale * scale);
    }

    // By Cholesky's decomposition of the normal equations.
    private float[,] Fit()
    {
        var lower = new double[_terms, _terms];
        for (int i = 0; i < _terms; i++)
        {
            for (int k = 0; k <= i; k++)
            {
                double rest = _products[i, k] + (i == k ? Ridge * _pixels : 0);
                for (int m = 0; m < k; m++)
                    rest -= lower[i, m] * lower[k, m];
                lower[i, k] = i == k ? Math.Sqrt(rest) : rest / lower[k, k];
            }
        }
        var weights = new float[_terms, Colors];
        var solution = new double[_terms];
        for (int color = 0; color < Colors; color++)
        {
            for (int i = 0; i < _terms; i++)
            {
                solution[i] = _targets[i, color];
                for (int k = 0; k < i; k++)
                    solution[i] -= lower[i, k] * solution[k];
                solution[i] /= lower[i, i];
            }
            for (int i = _terms - 1; i >= 0; i--)
            {
                for (int k = i + 1; k < _terms; k++)
                    solution[i] -= lower[k, i] * solution[k];
                solution[i] /= lower[i, i];
                weights[i, color] = (float)solution[i];
            }
        }
        return weights;
    }
}
