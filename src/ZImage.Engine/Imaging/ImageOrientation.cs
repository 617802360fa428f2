namespace ZImage.Engine.Imaging;

/// <summary>Turns stored pixels the way a camera's orientation says. Source: EXIF 2.32, tag 0112.</summary>
internal static class ImageOrientation
{
    /// <summary>Whether width and height change places.</summary>
    public static bool SwapsAxes(int orientation) => orientation is >= 5 and <= 8;

    /// <param name="stored">The pixels as stored.</param>
    /// <param name="orientation">1 (upright) to 8; others count as 1.</param>
    public static PixelImage Apply(PixelImage stored, int orientation)
    {
        if (orientation is < 2 or > 8)
            return stored;
        bool swapsAxes = SwapsAxes(orientation);
        int lastX = stored.Width - 1;
        int lastY = stored.Height - 1;
        int width = swapsAxes ? stored.Height : stored.Width;
        int height = swapsAxes ? stored.Width : stored.Height;
        var rgb = new byte[stored.Rgb.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int fromX, int fromY) = orientation switch
                {
                    2 => (lastX - x, y),
                    3 => (lastX - x, lastY - y),
                    4 => (x, lastY - y),
                    5 => (y, x),
                    6 => (y, lastY - x),
                    7 => (lastX - y, lastY - x),
                    _ => (lastX - y, x),
                };
                stored.Rgb.AsSpan((fromY * stored.Width + fromX) * 3, 3).CopyTo(rgb.AsSpan((y * width + x) * 3));
            }
        }
        return new PixelImage(width, height, rgb);
    }
}
