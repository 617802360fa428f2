using System.Buffers.Binary;
using ZImage.Engine.Imaging;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Imaging;

public sealed class ImageFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(67, 31)]
    public void PngKeepsEveryPixel(int width, int height)
    {
        PixelImage image = TestPictures.Noise(width, height);
        string path = ImageFile.Save(image, _folder["a.png"]);

        PixelImage read = ImageFile.Load(path);
        Assert.Equal((width, height), (read.Width, read.Height));
        Assert.Equal(image.Rgb, read.Rgb);
        Assert.Equal(image.PixelHash, read.PixelHash);
    }

    [Fact]
    public void LosslessWebPKeepsEveryPixel()
    {
        PixelImage image = TestPictures.Noise(67, 31);
        string path = ImageFile.Save(image, _folder["a.webp"], new ImageEncoding(Lossless: true));

        Assert.Equal(image.Rgb, ImageFile.Load(path).Rgb);
    }

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.JPEG")]
    [InlineData("a.webp")]
    public void LossyFormatsComeCloseAndQualityCounts(string name)
    {
        PixelImage image = TestPictures.Waves(256, 192);
        string good = ImageFile.Save(image, _folder["good-" + name], new ImageEncoding(95));
        string poor = ImageFile.Save(image, _folder["poor-" + name], new ImageEncoding(20));

        Assert.True(TestPictures.Psnr(image, ImageFile.Load(good)) > 40);
        Assert.InRange(TestPictures.Psnr(image, ImageFile.Load(poor)), 25, TestPictures.Psnr(image, ImageFile.Load(good)));
        Assert.True(new FileInfo(poor).Length < new FileInfo(good).Length);
    }

    [Theory]
    [InlineData("a.png", new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' })]
    [InlineData("a.PNG", new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' })]
    [InlineData("a.jpg", new byte[] { 0xFF, 0xD8, 0xFF })]
    [InlineData("a.webp", new byte[] { (byte)'R', (byte)'I', (byte)'F', (byte)'F' })]
    public void TheExtensionSetsTheFormat(string name, byte[] start)
        => Assert.Equal(start, File.ReadAllBytes(ImageFile.Save(TestPictures.Noise(8, 8), _folder[name]))[..start.Length]);

    [Theory]
    [InlineData("a.bmp", "'.bmp'")]
    [InlineData("a.png.txt", "'.txt'")]
    [InlineData("a", "no extension")]
    public void OtherExtensionsAreRefusedWithTheSupportedOnes(string name, string named)
    {
        UnsupportedImageFormatException fault = Assert.Throws<UnsupportedImageFormatException>(() => ImageFile.Save(TestPictures.Noise(8, 8), _folder[name]));

        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.All(ImageFormats.Extensions, extension => Assert.Contains(extension, fault.RecommendedAction, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void AnExistingFileStaysUnlessToldOtherwise()
    {
        string path = _folder.Write("a.png", [1, 2, 3]);

        Assert.Equal(path, Assert.Throws<ImageFileExistsException>(() => ImageFile.Save(TestPictures.Noise(8, 8), path)).Target);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));

        PixelImage image = TestPictures.Noise(8, 8);
        ImageFile.Save(image, path, overwrite: true);
        Assert.Equal(image.Rgb, ImageFile.Load(path).Rgb);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void MissingFoldersAreCreatedWhenAsked()
    {
        string path = Path.Combine(_folder.Path, "out", "день 猫 🐱", "ein Bild.png");

        Assert.Equal(Path.GetDirectoryName(path), Assert.Throws<ImageFolderMissingException>(() => ImageFile.Save(TestPictures.Noise(8, 8), path)).Target);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));

        Assert.Equal(path, ImageFile.Save(TestPictures.Noise(8, 8), path, createFolder: true));
        Assert.Equal(TestPictures.Noise(8, 8).Rgb, ImageFile.Load(path).Rgb);
    }

    [Fact]
    public void AFailureLeavesNothingBehind()
    {
        // WebP holds 16383 pixels a side.
        Assert.Throws<ImageNotEncodedException>(() => ImageFile.Save(TestPictures.Noise(16400, 1), _folder["a.webp"]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));

        Directory.CreateDirectory(_folder["folder.png"]);
        Assert.Throws<ImageFileNotWrittenException>(() => ImageFile.Save(TestPictures.Noise(8, 8), _folder["folder.png"], overwrite: true));
        Assert.Equal([_folder["folder.png"]], Directory.GetFileSystemEntries(_folder.Path));

        _folder.Write("file", [1]);
        Assert.Throws<ImageFileNotWrittenException>(() => ImageFile.Save(TestPictures.Noise(8, 8), Path.Combine(_folder.Path, "file", "a.png"), createFolder: true));
        Assert.Throws<ImageFileNotWrittenException>(() => ImageFile.Save(TestPictures.Noise(8, 8), _folder.Path + "/a\0b.png"));
    }

    [Fact]
    public void AMoveThatFailsLeavesTheOldFileAndNoOther()
    {
        string path = _folder.Write("a.png", [1, 2, 3]);

        Assert.Throws<IOException>(() => AtomicFile.Write(path, [4, 5], overwrite: false));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AFileThatAnotherHoldsOpenIsNotHarmed()
    {
        string path = _folder.Write("a.png", ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png));
        byte[] before = File.ReadAllBytes(path);
        using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            // Unix gives the name to the new file and leaves the old one to who reads it.
            if (OperatingSystem.IsWindows())
            {
                ImageFileNotWrittenException fault = Assert.Throws<ImageFileNotWrittenException>(() => ImageFile.Save(TestPictures.Noise(16, 16), path, overwrite: true));
                Assert.Contains(path, fault.Message, StringComparison.Ordinal);
                Assert.Contains("no other program holds the file open", fault.RecommendedAction, StringComparison.Ordinal);
                Assert.Equal(before, File.ReadAllBytes(path));
            }
            else
            {
                ImageFile.Save(TestPictures.Noise(16, 16), path, overwrite: true);
                Assert.Equal(16, ImageFile.Load(path).Width);
            }
            Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
        }
    }

    [Fact]
    public async Task AFileThatAnotherHoldsForAMomentIsReplaced()
    {
        string path = _folder.Write("a.png", [1, 2, 3]);
        var holder = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Task letGo = Task.Delay(300, TestContext.Current.CancellationToken).ContinueWith(_ => holder.Dispose(), TaskScheduler.Default);

        ImageFile.Save(TestPictures.Noise(8, 8), path, overwrite: true);

        await letGo;
        Assert.Equal(TestPictures.Noise(8, 8).Rgb, ImageFile.Load(path).Rgb);
    }

    [Fact]
    public void OfManyWritersOfOneNewFileOneWins()
    {
        string path = _folder["race.png"];
        int won = 0, refused = 0;
        Parallel.For(0, 32, seed =>
        {
            try
            {
                ImageFile.Save(TestPictures.Noise(16, 16, seed), path);
                Interlocked.Increment(ref won);
            }
            catch (ImageFileExistsException)
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.Equal((1, 31), (won, refused));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void FilesThatAreNoImagesAreFaults()
    {
        string missing = _folder["no.png"];
        Assert.Equal(missing, Assert.Throws<ImageFileNotFoundException>(() => ImageFile.Load(missing)).Target);
        Assert.Throws<ImageFileNotFoundException>(() => ImageFile.ReadMetadata(missing));
        Assert.Throws<ImageFileUnreadableException>(() => ImageFile.Load(_folder.Write("text.png", "hello"u8.ToArray())));
        Assert.Throws<ImageFileUnreadableException>(() => ImageFile.Load(_folder.Write("empty.png", [])));
        Assert.Contains("folder", Assert.Throws<ImageFileUnreadableException>(() => ImageFile.Load(_folder.Path)).Message, StringComparison.Ordinal);

        byte[] whole = ImageFile.Encode(TestPictures.Noise(64, 64), ImageFormat.Png);
        Assert.Throws<ImageFileUnreadableException>(() => ImageFile.Load(_folder.Write("half.png", whole[..(whole.Length / 2)])));
    }

    [Fact]
    public void AFileThatClaimsAHugeSizeIsRefused()
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, 60000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 60000);
        (header[8], header[9]) = (8, 2);
        byte[] file = [.. PngChunks.Signature, .. PngChunks.Make("IHDR", header), .. PngChunks.Make("IDAT", [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]), .. PngChunks.Make("IEND", [])];

        Assert.Contains("60000x60000", Assert.Throws<ImageFileUnreadableException>(() => ImageFile.Load(_folder.Write("huge.png", file))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void DamagedFilesNeverCrash(ImageFormat format)
    {
        byte[] whole = ImageFile.Encode(TestPictures.Waves(40, 40), format, metadata: new ImageMetadata { Parameters = "a cat 猫\nSteps: 9" });
        var random = new Random(5);
        for (int round = 0; round < 1000; round++)
        {
            byte[] file = (byte[])whole.Clone();
            for (int flips = random.Next(1, 6); flips > 0; flips--)
                file[random.Next(file.Length)] = (byte)random.Next(256);
            if (round % 3 == 0)
                file = file[..random.Next(file.Length)];
            ImageFile.ReadMetadata(file);
            try
            {
                ImageFile.ReadHeader(file, "damaged");
                ImageFile.Decode(file, "damaged");
            }
            catch (ImageFileUnreadableException)
            {
                // What it should be.
            }
        }
    }

    // Where the stored red (top left) and green (top right) quarters belong, by the meaning of EXIF's orientations.
    [Theory]
    [InlineData(1, "TL", "TR")]
    [InlineData(2, "TR", "TL")]
    [InlineData(3, "BR", "BL")]
    [InlineData(4, "BL", "BR")]
    [InlineData(5, "TL", "BL")]
    [InlineData(6, "TR", "BR")]
    [InlineData(7, "BR", "TR")]
    [InlineData(8, "BL", "TL")]
    public void PhotosAreTurnedUpright(int orientation, string red, string green)
    {
        byte[] tiff = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        byte[] jpeg = JpegExif.Insert(ImageFile.Encode(TestPictures.Quarters(48, 32), ImageFormat.Jpeg), tiff)!;

        PixelImage image = ImageFile.Load(_folder.Write("photo.jpg", jpeg));

        Assert.Equal(orientation >= 5 ? (32, 48) : (48, 32), (image.Width, image.Height));
        AssertColour(red, 255, 0, 0);
        AssertColour(green, 0, 255, 0);

        void AssertColour(string corner, int r, int g, int b)
        {
            int x = corner[1] == 'L' ? 2 : image.Width - 3;
            int y = corner[0] == 'T' ? 2 : image.Height - 3;
            ReadOnlySpan<byte> pixel = image.Rgb.AsSpan((y * image.Width + x) * 3, 3);
            Assert.InRange(Math.Abs(pixel[0] - r) + Math.Abs(pixel[1] - g) + Math.Abs(pixel[2] - b), 0, 20);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void QualitiesOutOfRangeAreRefused(int quality) => Assert.Throws<ArgumentOutOfRangeException>(() => new ImageEncoding(quality));
}
