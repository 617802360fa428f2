using SkiaSharp;

namespace ZImage.TrainDemoModel;

/// <summary>Puts RGB pictures together and writes them as PNG files.</summary>
public static class Pictures
{
    /// <summary>Writes pictures of one size as a sheet with the given number of columns, each reduced to the shown size.</summary>
    public static void WriteSheet(string path, IReadOnlyList<byte[]> pictures, int size, int columns, int? shown = null)
    {
        const int gap = 4;
        var cell = (shown ?? size) + gap;
        var rows = (pictures.Count + columns - 1) / columns;
        var info = new SKImageInfo(columns * cell + gap, rows * cell + gap, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var sheet = new SKBitmap(info);
        using (var canvas = new SKCanvas(sheet))
        {
            canvas.Clear(new SKColor(200, 200, 200));
            for (var i = 0; i < pictures.Count; i++)
            {
                var x = gap + i % columns * cell;
                var y = gap + i / columns * cell;
                using var bitmap = FromRgb(pictures[i], size, size);
                using var image = SKImage.FromBitmap(bitmap);
                var target = SKRect.Create(x, y, cell - gap, cell - gap);
                canvas.DrawImage(image, target, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
            }
        }

        WritePng(path, sheet);
    }

    /// <summary>A bitmap with the given RGB bytes.</summary>
    public static SKBitmap FromRgb(byte[] rgb, int width, int height)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = new byte[width * height * 4];
        for (int i = 0, j = 0; j < rgb.Length; i += 4, j += 3)
        {
            rgba[i] = rgb[j];
            rgba[i + 1] = rgb[j + 1];
            rgba[i + 2] = rgb[j + 2];
            rgba[i + 3] = 255;
        }

        System.Runtime.InteropServices.Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        return bitmap;
    }

    /// <summary>Writes a bitmap as PNG.</summary>
    public static void WritePng(string path, SKBitmap bitmap)
    {
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }
}
