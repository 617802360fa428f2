using System.Globalization;
using System.Text;

namespace ZImage.Engine.Imaging.Terminal;

/// <summary>The graphics protocol of kitty: a PNG as base64, in pieces of at most 4096 characters.</summary>
internal static class KittyText
{
    private const int MostCharacters = 4096;

    // q=2: no answer, which would end as text at the prompt. C=1: the cursor stays.
    public static void Write(StringBuilder text, PixelImage image, PictureSize size, uint id)
    {
        string png = Convert.ToBase64String(ImageFile.Encode(image, ImageFormat.Png));
        string number = id == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",i={id}");
        for (int at = 0; at < png.Length; at += MostCharacters)
        {
            string head = at > 0 ? "q=2" : string.Create(CultureInfo.InvariantCulture, $"a=T,f=100,q=2,C=1,c={size.Columns},r={size.Rows}{number}");
            int more = at + MostCharacters < png.Length ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"\e_G{head},m={more};").Append(png.AsSpan(at, Math.Min(MostCharacters, png.Length - at))).Append("\e\\");
        }
    }

    /// <summary>Takes a picture off the screen, and lets it go.</summary>
    public static string Delete(uint id) => string.Create(CultureInfo.InvariantCulture, $"\e_Ga=d,d=I,i={id},q=2\e\\");
}
