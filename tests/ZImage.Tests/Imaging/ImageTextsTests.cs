using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging;

/// <summary>Texts where other programs put them, and what is said of files whose texts are damaged.</summary>
public sealed class ImageTextsTests
{
    private const string Text = "一只猫, é\nSteps: 9, Seed: 1";

    private static byte[] Plain(ImageFormat format) => ImageFile.Encode(TestPictures.Noise(8, 8), format, metadata: new ImageMetadata { Parameters = Text });

    [Fact]
    public void ParametersAreFoundWhereverTheyAre()
    {
        Dictionary<string, byte[]> files = new()
        {
            ["UTF-8 in tEXt"] = ForeignImageFiles.Png(ForeignImageFiles.Utf8Text("parameters", Text)),
            ["JPEG comment"] = ForeignImageFiles.JpegWithComment($"parameters\0{Text}\0"),
            ["XMP"] = ForeignImageFiles.WebPWithXmp($"<?xpacket begin=\"\uFEFF\" id=\"1\"?><x:m xmlns:x=\"a:b\"><x:r><x:parameters>{Text}</x:parameters></x:r></x:m><?xpacket end=\"w\"?>"),
            ["comment in the first directory"] = JpegExif.Insert(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Jpeg), ForeignImageFiles.TiffWithCommentInFirstDirectory(Text))!,
        };
        foreach ((string name, byte[] file) in files)
        {
            ImageHeader header = ImageFile.ReadHeader(file, name);
            Assert.True(Text == header.Metadata.Parameters, $"{name}: {header.Metadata.Parameters}");
            Assert.False(header.Metadata.IsDamaged, name);
            Assert.Equal((8, 8, file.Length), (header.Width, header.Height, header.Bytes));
        }
    }

    // Bytes that are Latin-1 here and would be a UTF-8 text there.
    [Theory]
    [InlineData("Ã©")]
    [InlineData("Ã© and é")]
    [InlineData("é")]
    public void LatinThatLooksLikeUtf8Survives(string text)
    {
        byte[] file = ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png, metadata: new ImageMetadata { Parameters = text });

        Assert.Equal(text, ImageFile.ReadMetadata(file).Parameters);
    }

    // In the wrong byte order this character is a Latin letter.
    [Fact]
    public void ManyChineseOnesDoNotTurnTheByteOrder()
    {
        string text = new string('一', 2000) + "\nSteps: 9, Seed: 1";
        byte[] file = ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Jpeg, metadata: new ImageMetadata { Parameters = text });

        Assert.Equal(text, ImageFile.ReadMetadata(file).Parameters);
    }

    [Fact]
    public void WholeFilesAreNotDamaged()
    {
        foreach (ImageFormat format in Enum.GetValues<ImageFormat>())
        {
            Assert.False(ImageFile.ReadMetadata(Plain(format)).IsDamaged);
            Assert.False(ImageFile.ReadMetadata(ImageFile.Encode(TestPictures.Noise(8, 8), format)).IsDamaged);
        }
    }

    [Fact]
    public void DamageIsSaid()
    {
        byte[] broken = ForeignImageFiles.Utf8Text("parameters", Text);
        broken[^1] ^= 1;
        byte[] jpeg = Plain(ImageFormat.Jpeg), webP = Plain(ImageFormat.WebP), png = Plain(ImageFormat.Png);
        Dictionary<string, byte[]> files = new()
        {
            ["checksum"] = ForeignImageFiles.Png(broken),
            ["zTXt"] = ForeignImageFiles.Png(PngChunks.Make("zTXt", "parameters\0\0not zlib"u8)),
            ["long tEXt"] = ForeignImageFiles.Png(ForeignImageFiles.Utf8Text("parameters", new string('x', 17 << 20))),
            ["PNG cut off"] = png[..^20],
            ["JPEG cut off"] = jpeg[..60],
            ["WebP cut off"] = webP[..^20],
            ["EXIF header"] = Exif([.. "MM*\0"u8, 0, 0, 0, 8, 0, 0]),
            ["EXIF directory outside"] = Exif([.. "MM\0*"u8, 0, 0, 1, 0]),
            ["EXIF directory cut off"] = Exif([.. "MM\0*"u8, 0, 0, 0, 8, 0, 9]),
            ["EXIF comment outside"] = Exif(ForeignImageFiles.TiffWithCommentInFirstDirectory(Text)[..30]),
            ["XMP"] = ForeignImageFiles.WebPWithXmp("<x:m xmlns:x='a:b'><x:parameters>"),
            ["XMP with a document type"] = ForeignImageFiles.WebPWithXmp("<!DOCTYPE m [<!ENTITY a 'aaaa'>]><m><parameters>&a;</parameters></m>"),
        };

        foreach ((string name, byte[] file) in files)
        {
            ImageMetadata metadata = ImageFile.ReadMetadata(file);
            Assert.True(metadata.IsDamaged, name);
            if (name != "PNG cut off")
                Assert.Null(metadata.Parameters);
        }

        static byte[] Exif(byte[] tiff) => JpegExif.Insert(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Jpeg), tiff)!;
    }

    // A hundred thousand times a megabyte would take minutes.
    [Fact]
    public void TextsThatUnfoldWithoutEndAreLeftAfterAWhile()
    {
        var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(new byte[1 << 20]);
        byte[] bomb = PngChunks.Make("zTXt", [.. "Bomb\0\0"u8, .. packed.ToArray()]);

        ImageMetadata metadata = ImageFile.ReadMetadata(ForeignImageFiles.Png([.. Enumerable.Repeat(bomb, 10000), ForeignImageFiles.Utf8Text("parameters", Text)]));

        Assert.Equal(Text, metadata.Parameters);
        Assert.True(metadata.IsDamaged);
    }
}
