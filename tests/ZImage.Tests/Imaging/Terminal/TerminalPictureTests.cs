using ZImage.Engine.Imaging;
using ZImage.Engine.Imaging.Terminal;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Imaging.Terminal;

/// <summary>Pictures as text for terminals: what was written is read again, and must show the picture.</summary>
public sealed class TerminalPictureTests(ITestOutputHelper output)
{
    private static readonly TerminalFeatures s_terminal = new() { Colors = TerminalColors.Full, Cell = new CellSize(8, 16) };

    // What the demo model draws, a soft picture, a flat one, and the worst there is.
    public static IEnumerable<(string, PixelImage, double)> Pictures =>
    [
        ("demo", ImageFile.Load(Repository.PathOf("tests", "golden", "demo-picture-linux.png")), 40),
        ("waves", TestPictures.Waves(101, 67), 31),
        ("quarters", TestPictures.Quarters(64, 32), 60),
        ("noise", TestPictures.Noise(64, 61), 20),
    ];

    [Fact]
    public void Sixels_show_the_picture_in_256_colours()
    {
        foreach ((string name, PixelImage image, double least) in Pictures)
        {
            var size = new PictureSize(Cells(image.Width, 8), Cells(image.Height, 16), image.Width, image.Height);
            TerminalPicture picture = TerminalPicture.Encode(image, s_terminal, TerminalProtocol.Sixel, size);
            double psnr = TestPictures.Psnr(image, TerminalScreen.Sixel(picture.Text));
            output.WriteLine($"{name}: PSNR {psnr:F1} dB, {picture.Text.Length} characters for {image.Rgb.Length} bytes");
            Assert.True(psnr >= least, $"{name}: {psnr:F1} dB");
        }
    }

    [Fact]
    public void Half_blocks_show_the_picture_in_the_colours_that_there_are()
    {
        foreach ((TerminalColors colors, double demo, double waves) in ((TerminalColors, double, double)[])[(TerminalColors.Full, 99, 99), (TerminalColors.Palette, 18, 18), (TerminalColors.Sixteen, 9, 10)])
        {
            foreach ((string name, PixelImage image, double least) in Pictures.Take(2).Zip([demo, waves], (picture, least) => (picture.Item1, picture.Item2, least)))
            {
                PictureSize size = PictureSize.Fit(image.Width, image.Height, CellSize.HalfBlocks, 60, 24);
                PixelImage expected = AreaAverage.Resize(image, size.Columns, size.Rows * 2);
                double psnr = TestPictures.Psnr(expected, TerminalScreen.Blocks(TerminalPicture.Encode(image, s_terminal with { Colors = colors }, TerminalProtocol.Auto, size).Text));
                output.WriteLine($"{name} in {colors}: PSNR {psnr:F1} dB");
                Assert.True(psnr >= least, $"{name}, {colors}: {psnr:F1} dB");
            }
        }
    }

    [Fact]
    public void Without_colours_brightness_is_drawn_in_shades()
    {
        var rgb = new byte[5 * 2 * 3];
        for (int i = 0; i < rgb.Length; i++)
            rgb[i] = (byte)(i / 3 % 5 * 60 + 10);
        string text = TerminalPicture.Encode(new PixelImage(5, 2, rgb), s_terminal with { Colors = TerminalColors.None }, TerminalProtocol.Blocks, new PictureSize(5, 1, 5, 2)).Text;

        Assert.Equal(" ░▒▓█\r\n", text);
    }

    [Fact]
    public void Kitty_and_ITerm2_get_every_pixel()
    {
        // Long enough for several pieces.
        PixelImage image = TestPictures.Noise(90, 70);
        PictureSize size = PictureSize.Fit(image.Width, image.Height, s_terminal.Cell, 80, 24);

        (PixelImage kitty, Dictionary<string, string> keys) = TerminalScreen.Kitty(TerminalPicture.Encode(image, s_terminal, TerminalProtocol.Kitty, size, 7).Text);
        Assert.Equal(image.PixelHash, kitty.PixelHash);
        // 12 x 5 cells, no answer, the cursor stays.
        Assert.Equal(("T", "100", "12", "5", "2", "1", "7"), (keys["a"], keys["f"], keys["c"], keys["r"], keys["q"], keys["C"], keys["i"]));

        (PixelImage inline, Dictionary<string, string> arguments) = TerminalScreen.ITerm2(TerminalPicture.Encode(image, s_terminal, TerminalProtocol.ITerm2, size).Text);
        Assert.Equal(image.PixelHash, inline.PixelHash);
        Assert.Equal(("1", "12", "5"), (arguments["inline"], arguments["width"], arguments["height"]));
    }

    [Fact]
    public void What_is_larger_than_its_cells_is_made_smaller_before_it_is_sent()
    {
        PixelImage image = TestPictures.Waves(640, 320);
        PictureSize size = PictureSize.Fit(image.Width, image.Height, s_terminal.Cell, 20, 24);

        Assert.Equal(new PictureSize(20, 5, 160, 80), size);
        Assert.Equal((160, 80), Size(TerminalScreen.Kitty(TerminalPicture.Encode(image, s_terminal, TerminalProtocol.Kitty, size).Text).Image));
        Assert.Equal((160, 80), Size(TerminalScreen.Sixel(TerminalPicture.Encode(image, s_terminal, TerminalProtocol.Sixel, size).Text)));

        static (int, int) Size(PixelImage image) => (image.Width, image.Height);
    }

    // Room first, then back to where the cursor was: terminals leave it in different places.
    [Theory]
    [InlineData(TerminalProtocol.Sixel)]
    [InlineData(TerminalProtocol.Kitty)]
    [InlineData(TerminalProtocol.ITerm2)]
    public void The_cursor_ends_below_the_picture_wherever_the_terminal_leaves_it(TerminalProtocol protocol)
    {
        string text = TerminalPicture.Encode(TestPictures.Quarters(16, 40), s_terminal, protocol, new PictureSize(2, 3, 16, 40)).Text;

        Assert.StartsWith("\r\n\r\n\r\n\e[3A\e7\e", text, StringComparison.Ordinal);
        Assert.EndsWith("\e8\e[3B\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_can_be_taken_away_again()
    {
        Assert.Equal("\r\e[3A\e[J", Erasure(TerminalProtocol.Blocks));
        Assert.Equal("\r\e[3A\e[J", Erasure(TerminalProtocol.Sixel));
        Assert.Equal("\e_Ga=d,d=I,i=7,q=2\e\\\r\e[3A\e[J", Erasure(TerminalProtocol.Kitty));

        static string Erasure(TerminalProtocol protocol) => TerminalPicture.Encode(TestPictures.Quarters(16, 40), s_terminal, protocol, new PictureSize(2, 3, 16, 40), 7).Erasure;
    }

    [Theory]
    // Its own size where there is room, no larger.
    [InlineData(64, 64, null, null, 8, 4, 64, 64)]
    // The window's width, then its height.
    [InlineData(2000, 500, null, null, 80, 10, 640, 160)]
    [InlineData(1024, 1024, null, null, 48, 24, 384, 384)]
    // What is asked for, larger or smaller, in its own proportions, and never more than the window.
    [InlineData(64, 64, 40, null, 40, 20, 320, 320)]
    [InlineData(64, 64, null, 2, 4, 2, 32, 32)]
    [InlineData(64, 64, 40, 2, 4, 2, 32, 32)]
    [InlineData(64, 64, 500, null, 48, 24, 384, 384)]
    // Cells that are not filled count whole.
    [InlineData(65, 33, null, null, 9, 3, 65, 33)]
    [InlineData(10000, 1, null, null, 80, 1, 640, 1)]
    public void A_picture_fits_its_place(int width, int height, int? columns, int? rows, int expectedColumns, int expectedRows, int pixelWidth, int pixelHeight)
        => Assert.Equal(new PictureSize(expectedColumns, expectedRows, pixelWidth, pixelHeight), PictureSize.Fit(width, height, s_terminal.Cell, 80, 24, columns, rows));

    [Fact]
    public void Areas_are_averaged_in_linear_light()
    {
        // Black and white halves of light are no middle grey: 188, not 128.
        var lines = new PixelImage(2, 1, [0, 0, 0, 255, 255, 255]);
        Assert.Equal([188, 188, 188], AreaAverage.Resize(lines, 1, 1).Rgb);
        // Three pixels of two: the one in the middle lies on both.
        Assert.Equal([0, 0, 0, 188, 188, 188, 255, 255, 255], AreaAverage.Resize(lines, 3, 1).Rgb);
        // A picture of one colour stays it in every size.
        var flat = new PixelImage(7, 5, [.. Enumerable.Range(0, 7 * 5).SelectMany(_ => (byte[])[10, 100, 200])]);
        Assert.All(AreaAverage.Resize(flat, 3, 11).Rgb.Chunk(3), pixel => Assert.Equal([10, 100, 200], pixel));
    }

    private static int Cells(int pixels, int cell) => (pixels + cell - 1) / cell;
}
