using System.Security.Cryptography;

namespace ZImage.Engine.Imaging;

/// <summary>An image of 8-bit sRGB pixels.</summary>
public sealed class PixelImage
{
    private const int Channels = 3;
    private readonly Lazy<string> _pixelHash;

    /// <param name="width">Pixels per row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">Red, green, blue of each pixel, row by row from the top; the image keeps the array.</param>
    public PixelImage(int width, int height, byte[] rgb)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(rgb);
        if (rgb.LongLength != (long)width * height * Channels)
            throw new ArgumentException($"An image of {width}x{height} has {(long)width * height * Channels} bytes, not {rgb.LongLength}.", nameof(rgb));
        Width = width;
        Height = height;
        Rgb = rgb;
        _pixelHash = new Lazy<string>(() => Convert.ToHexStringLower(SHA256.HashData(Rgb)));
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Red, green, blue of each pixel, row by row from the top.</summary>
    public byte[] Rgb { get; }

    /// <summary>SHA-256 of <see cref="Rgb"/> as 64 lower-case hex digits: equal for equal pixels, whatever file they came from.</summary>
    public string PixelHash => _pixelHash.Value;

    public override string ToString() => FormattableString.Invariant($"{Width}x{Height} pixels");

    /// <summary>
    /// Pixels from an autoencoder's output: values in [-1, 1], planes of red, green and blue, rows from the top. A value x becomes
    /// round(clamp(x/2 + 0.5, 0, 1) * 255).
    /// </summary>
    /// <exception cref="DegenerateImageException">Values are not finite, or no plane varies.</exception>
    public static PixelImage FromDecoder(ReadOnlySpan<float> planes, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (planes.Length != (long)width * height * Channels)
            throw new ArgumentException($"Three planes of {width}x{height} have {(long)width * height * Channels} values, not {planes.Length}.", nameof(planes));
        DecodedPlanes.CheckUsable(planes, width, height);

        int plane = width * height;
        var rgb = new byte[planes.Length];
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> values = planes.Slice(channel * plane, plane);
            for (int i = 0; i < plane; i++)
                rgb[i * Channels + channel] = (byte)MathF.Round(DecodedPlanes.ToUnit(values[i]) * 255f);
        }
        return new PixelImage(width, height, rgb);
    }
}
