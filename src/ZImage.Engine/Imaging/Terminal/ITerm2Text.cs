using System.Globalization;
using System.Text;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>Inline images of iTerm2: a PNG as base64 in one piece.</summary>
internal static class ITerm2Text
{
    public static void Write(StringBuilder text, PixelImage image, PictureSize size)
    {
        byte[] png = ImageFile.Encode(image, ImageFormat.Png);
        text.Append(CultureInfo.InvariantCulture, $"\e]1337;File=inline=1;size={png.Length};width={size.Columns};height={size.Rows};preserveAspectRatio=1:")
            .Append(Convert.ToBase64String(png)).Append('\a');
    }
}
