namespace ZImage.Engine.Imaging;

/// <summary>How far two images of one size are apart.</summary>
/// <param name="Psnr">Peak signal-to-noise ratio of the 8-bit values in dB; infinite for equal images.</param>
/// <param name="Largest">Largest difference of two values of the same place and colour, 0 to 255.</param>
public readonly record struct PixelDifference(double Psnr, int Largest)
{
    /// <summary>Null where the sizes differ.</summary>
    public static PixelDifference? Between(PixelImage a, PixelImage b)
    {
        if ((a.Width, a.Height) != (b.Width, b.Height))
            return null;
        long squares = 0;
        int largest = 0;
        for (int i = 0; i < a.Rgb.Length; i++)
        {
            int difference = Math.Abs(a.Rgb[i] - b.Rgb[i]);
            squares += difference * difference;
            largest = Math.Max(largest, difference);
        }
        return new PixelDifference(squares == 0 ? double.PositiveInfinity : 10 * Math.Log10((double)byte.MaxValue * byte.MaxValue * a.Rgb.Length / squares), largest);
    }
}
