using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ZImage.Engine.Imaging;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Imaging;

public sealed class ImageMetadataTests : IDisposable
{
    public static TheoryData<string> Texts =>
    [
        "a cat\nNegative prompt: blurry\nSteps: 9, Sampler: euler, Seed: 42",
        "café über ÿ",
        "一只猫坐在窗边, 🐱 \u2014 “quoted”",
        "tab\there\r\nand a line",
        new string('x', 20000),
        "",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Texts))]
    public void EveryFormatKeepsTheParametersAndThePixels(string text)
    {
        PixelImage image = TestPictures.Waves(61, 33);
        var metadata = new ImageMetadata { Parameters = text };
        foreach ((string name, ImageEncoding encoding) in ((string, ImageEncoding)[])
            [("a.png", new()), ("a.jpg", new()), ("lossy.webp", new()), ("lossless.webp", new(Lossless: true))])
        {
            string plain = ImageFile.Save(image, _folder["plain-" + name], encoding, overwrite: true);
            string path = ImageFile.Save(image, _folder[name], encoding, metadata, overwrite: true);

            // An empty user comment is none.
            Assert.Equal(text.Length == 0 && !name.EndsWith(".png", StringComparison.Ordinal) ? null : text, ImageFile.ReadMetadata(path).Parameters);
            Assert.Equal(ImageFile.Load(plain).PixelHash, ImageFile.Load(path).PixelHash);
        }
    }

    [Fact]
    public void PngKeepsSeveralTexts()
    {
        var metadata = new ImageMetadata { Parameters = "first", ["Software"] = "ZImage", ["Comment"] = "猫" };
        string path = ImageFile.Save(TestPictures.Noise(8, 8), _folder["a.png"], metadata: metadata);

        Assert.Equal([new("parameters", "first"), new("Software", "ZImage"), new("Comment", "猫")], ImageFile.ReadMetadata(path));
    }

    [Fact]
    public void FilesWithoutTextsHaveNone()
    {
        foreach (string name in (string[])["a.png", "a.jpg", "a.webp"])
            Assert.Empty(ImageFile.ReadMetadata(ImageFile.Save(TestPictures.Noise(8, 8), _folder[name])));
        Assert.Empty(ImageFile.ReadMetadata(_folder.Write("other", [1, 2, 3])));
        Assert.Empty(ImageFile.ReadMetadata(_folder.Write("empty", [])));
    }

    [Theory]
    [InlineData("plain text", "tEXt")]
    [InlineData("line\nline é", "tEXt")]
    [InlineData("猫", "iTXt")]
    [InlineData("“", "iTXt")]
    [InlineData("bell\u0007", "iTXt")]
    public void ThePngChunkIsAsTheSpecificationWants(string text, string type)
    {
        byte[] file = ImageFile.Encode(TestPictures.Noise(40, 40), ImageFormat.Png, metadata: new ImageMetadata { Parameters = text });

        PngChunk[] chunks = [.. PngChunks.Read(file)];
        Assert.Equal("IHDR", chunks[0].Type);
        Assert.Equal("IEND", chunks[^1].Type);
        Assert.All(chunks, chunk => Assert.True(chunk.IsIntact));
        int at = Array.FindIndex(chunks, chunk => chunk.Type == type);
        Assert.InRange(at, 1, Array.FindIndex(chunks, chunk => chunk.Type == "IDAT") - 1);
        Assert.Single(chunks, chunk => chunk.Type is "tEXt" or "iTXt");
        // The image data stay together, and nothing follows the end.
        Assert.Equal(chunks.Count(chunk => chunk.Type == "IDAT"), chunks.SkipWhile(chunk => chunk.Type != "IDAT").TakeWhile(chunk => chunk.Type == "IDAT").Count());
        Assert.Equal(file.Length, chunks[^1].Start + 12);

        byte[] start = type == "tEXt" ? [.. "parameters\0"u8] : [.. "parameters\0\0\0\0\0"u8];
        Assert.Equal([.. start, .. (type == "tEXt" ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text)], chunks[at].Data.ToArray());
    }

    [Fact]
    public void TheChecksumIsThatOfTheSpecification()
    {
        Assert.Equal(0xCBF43926u, Crc32.Compute("123456789"u8));
        Assert.Equal([0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82], PngChunks.Make("IEND", []));
    }

    [Fact]
    public void TextsOfOtherProgramsAreRead()
    {
        byte[][] chunks =
        [
            PngChunks.Make("zTXt", [.. "Packed\0\0"u8, .. Deflate("packed é"u8, Encoding.Latin1)]),
            PngChunks.Make("iTXt", [.. "parameters\0\u0001\0en\0param\u00e8tres\0"u8, .. Deflate("packed 猫"u8, Encoding.UTF8)]),
            PngChunks.Make("iTXt", [.. "Title\0\0\0de-DE\0Titel\0"u8, .. "ein Kater 🐱"u8]),
            PngChunks.Make("tEXt", "parameters\0second"u8),
        ];
        byte[] file = PngChunks.InsertBeforeImageData(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png), chunks);

        ImageMetadata metadata = ImageFile.ReadMetadata(_folder.Write("others.png", file));
        Assert.Equal("packed é", metadata["Packed"]);
        Assert.Equal("packed 猫", metadata.Parameters);
        Assert.Equal("ein Kater 🐱", metadata["Title"]);
        Assert.Equal(TestPictures.Noise(8, 8).Rgb, ImageFile.Load(_folder["others.png"]).Rgb);
    }

    [Fact]
    public void BrokenTextChunksArePassedOver()
    {
        byte[] damaged = PngChunks.Make("tEXt", "Damaged\0text"u8);
        damaged[^1] ^= 1;
        byte[] bomb = PngChunks.Make("zTXt", [.. "Bomb\0\0"u8, .. Deflate(new byte[17 << 20], Encoding.Latin1)]);
        byte[][] chunks =
        [
            damaged, bomb,
            PngChunks.Make("tEXt", "no separator"u8), PngChunks.Make("tEXt", "\0no keyword"u8), PngChunks.Make("tEXt", []),
            PngChunks.Make("zTXt", "Short\0"u8), PngChunks.Make("zTXt", "Method\0\u0001xx"u8), PngChunks.Make("zTXt", "Garbage\0\0not zlib"u8),
            PngChunks.Make("iTXt", "Flags\0"u8), PngChunks.Make("iTXt", "Unended\0\0\0en"u8),
            PngChunks.Make("tEXt", "Good\0text"u8),
        ];
        byte[] file = PngChunks.InsertBeforeImageData(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png), chunks);

        Assert.Equal([new("Good", "text")], ImageFile.ReadMetadata(_folder.Write("broken.png", file)));
    }

    [Fact]
    public void AParametersTextBeyondAJpegSegmentIsAFault()
    {
        var metadata = new ImageMetadata { Parameters = new string('x', 40000) };

        Assert.Contains("40000", Assert.Throws<ImageNotEncodedException>(() => ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Jpeg, metadata: metadata)).Message, StringComparison.Ordinal);
        Assert.Equal(40000, ImageFile.ReadMetadata(ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.WebP, metadata: metadata)).Parameters!.Length);
    }

    [Theory]
    [InlineData("UNICODE\0", true, true)]
    [InlineData("UNICODE\0", true, false)]
    [InlineData("UNICODE\0", false, true)]
    [InlineData("UNICODE\0", false, false)]
    [InlineData("ASCII\0\0\0", true, true)]
    [InlineData("ASCII\0\0\0", false, false)]
    public void UserCommentsOfEitherByteOrderAreRead(string code, bool bigEndianBlock, bool bigEndianText)
    {
        const string Text = "a cat\nSteps: 9";
        Encoding encoding = code.StartsWith("ASCII", StringComparison.Ordinal) ? Encoding.ASCII : bigEndianText ? Encoding.BigEndianUnicode : Encoding.Unicode;
        byte[] comment = [.. Encoding.ASCII.GetBytes(code), .. encoding.GetBytes(Text)];
        var tiff = new byte[44 + comment.Length];
        (bigEndianBlock ? "MM\0*"u8 : "II*\0"u8).CopyTo(tiff);
        Set32(4, 8);
        Entry(8, 0x8769, 4, 1, 26);
        Entry(26, 0x9286, 7, (uint)comment.Length, 44);
        comment.CopyTo(tiff, 44);

        Assert.Equal(Text, ExifUserComment.Read(tiff));

        void Entry(int at, ushort tag, ushort type, uint count, uint value)
        {
            Set16(at, 1);
            Set16(at + 2, tag);
            Set16(at + 4, type);
            Set32(at + 6, count);
            Set32(at + 10, value);
        }

        void Set16(int at, ushort value)
        {
            if (bigEndianBlock)
                BinaryPrimitives.WriteUInt16BigEndian(tiff.AsSpan(at), value);
            else
                BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(at), value);
        }

        void Set32(int at, uint value)
        {
            if (bigEndianBlock)
                BinaryPrimitives.WriteUInt32BigEndian(tiff.AsSpan(at), value);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(tiff.AsSpan(at), value);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("a  b")]
    [InlineData("猫")]
    [InlineData("a\0b")]
    public void KeywordsThatPngForbidsAreRefused(string keyword)
    {
        Assert.Throws<ArgumentException>(() => new ImageMetadata { [keyword] = "text" });
        Assert.Throws<ArgumentException>(() => new ImageMetadata { [new string('k', 80)] = "text" });
    }

    [Fact]
    public void TheWebPFileIsWholeAndExtended()
    {
        foreach (bool lossless in (bool[])[false, true])
        {
            byte[] file = ImageFile.Encode(TestPictures.Waves(61, 33), ImageFormat.WebP, new ImageEncoding(Lossless: lossless), new ImageMetadata { Parameters = "odd" });

            Assert.Equal((uint)file.Length - 8, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)));
            Assert.Equal("VP8X", Encoding.Latin1.GetString(file, 12, 4));
            Assert.Equal(0x08, file[20] & 0x08);
            Assert.Equal([60, 0, 0, 32, 0, 0], file[24..30]);
            Assert.Equal(0, file.Length % 2);
        }
    }

    private static byte[] Deflate(ReadOnlySpan<byte> utf8, Encoding encoding)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true))
            zlib.Write(encoding.GetBytes(Encoding.UTF8.GetString(utf8)));
        return packed.ToArray();
    }
}
