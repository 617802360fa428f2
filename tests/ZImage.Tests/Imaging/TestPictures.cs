using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging;

internal static class TestPictures
{
    /// <summary>Independent random bytes: nothing that a lossy step would leave alone.</summary>
    public static PixelImage Noise(int width, int height, int seed = 1)
    {
        var rgb = new byte[width * height * 3];
        new Random(seed).NextBytes(rgb);
        return new PixelImage(width, height, rgb);
    }

    /// <summary>Soft waves of colour, as in a photo.</summary>
    public static PixelImage Waves(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.Length; i++)
        {
            int x = i / 3 % width, y = i / 3 / width, channel = i % 3;
            rgb[i] = (byte)(127.5 + 100 * Math.Sin(x * (0.05 + 0.02 * channel)) * Math.Cos(y * 0.07 + channel));
        }
        return new PixelImage(width, height, rgb);
    }

    /// <summary>A red, a green, a blue and a white quarter: top left, top right, bottom left, bottom right.</summary>
    public static PixelImage Quarters(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bool right = x >= width / 2, bottom = y >= height / 2;
                byte[] colour = (right, bottom) switch { (false, false) => [255, 0, 0], (true, false) => [0, 255, 0], (false, true) => [0, 0, 255], _ => [255, 255, 255] };
                colour.CopyTo(rgb, (y * width + x) * 3);
            }
        }
        return new PixelImage(width, height, rgb);
    }

    /// <summary>Peak signal-to-noise ratio of 8-bit images of one size, in dB; infinite for equal ones.</summary>
    public static double Psnr(PixelImage a, PixelImage b)
    {
        Assert.Equal((a.Width, a.Height), (b.Width, b.Height));
        return Psnr(a.Rgb, b.Rgb);
    }

    /// <summary>As above, of the bytes of the images.</summary>
    public static double Psnr(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Assert.Equal(a.Length, b.Length);
        double squares = 0;
        for (int i = 0; i < a.Length; i++)
            squares += Math.Pow(a[i] - b[i], 2);
        return 10 * Math.Log10(255.0 * 255.0 * a.Length / squares);
    }
}
