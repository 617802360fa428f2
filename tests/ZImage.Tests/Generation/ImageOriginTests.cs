using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;
using ZImage.Tests.Imaging;

namespace ZImage.Tests.Generation;

/// <summary>What an image says of the device, versions and tiles that made it, and what comes of that when it is drawn again.</summary>
public sealed class ImageOriginTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private static readonly ImageOrigin s_origin = new()
    {
        Software = "ZImage 0.1.0",
        GgmlVersion = "0.23.0",
        Device = "Vulkan0",
        DeviceName = "A card, with: signs",
        Driver = "580.95",
        Kernels = "haswell + direct convolutions",
        TextEncoderDevice = "CPU",
        OffloadMode = OffloadMode.CondOnly,
        StepsDown = 2,
        Decoding = ImageMethod.Tiles,
        Tiles = new ImageTiles(128, 0.2f),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_text_gives_it_back() => Assert.Equal(s_origin, ImageOrigin.Parse(s_origin.ToString()));

    [Fact]
    public void A_session_says_what_it_computes_with()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { Mode = OffloadMode.Aggressive, PromptCache = PromptCaching.Off }, Stop);
        ImageOrigin origin = session.Generate(TinyModel.Request, null, Stop).Origin;
        Assert.Equal((Devices.GgmlVersion, "CPU", Devices.Cpu.Description.Trim()), (origin.GgmlVersion, origin.Device, origin.DeviceName));
        Assert.Equal((OffloadMode.Aggressive, ImageMethod.Whole, 0), (origin.OffloadMode, origin.Decoding, origin.StepsDown));
        Assert.Matches("^[a-z0-9]+$", origin.Kernels);
        Assert.Null(origin.Tiles);
        Assert.Null(origin.TextEncoderDevice);
        Assert.StartsWith("ZImage ", origin.Software, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void A_picture_in_tiles_is_drawn_again_in_the_same_tiles(ImageFormat format)
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions { VaeTiling = VaeTiling.On, VaeTileSize = 64, VaeTileOverlap = 0.2f }, Stop);
        ImageRequest request = TinyModel.Request with { Width = 128, Height = 96, Steps = 1 };
        GeneratedImage tiled = session.Generate(request, null, Stop);
        Assert.Equal(new ImageTiles(64, 0.2f), tiled.Origin.Tiles);
        var options = new OffloadOptions { VaeTiling = VaeTiling.Off };
        session.SetOffload(options, null, Stop);
        Assert.NotEqual(tiled.PixelHash, session.Generate(request, null, Stop).PixelHash);

        ImageInfo info = ImageInfo.Read(Save(tiled, format));
        Assert.Equal(tiled.Origin with { StepsDown = null }, info.Origin);
        GeneratedImage again = session.Generate(info.ToRequest(session.Defaults), null, Stop);
        Assert.Equal(tiled.PixelHash, again.PixelHash);
        Assert.Empty(tiled.Origin.DifferencesTo(again.Origin));
        Assert.Equal(options, session.Offload);
    }

    [Fact]
    public void Pictures_with_tiles_of_their_own_keep_them_among_others()
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        ImageRequest request = TinyModel.Request with { Width = 128, Height = 96, Steps = 1 };
        ImageRequest[] requests = [request, request with { Tiles = new ImageTiles(64, 0.25f) }, request with { Tiles = new ImageTiles(96, 0) }];
        string[] alone = [.. requests.Select(each => session.Generate(each, null, Stop).PixelHash)];
        var together = new List<string>();
        session.Generate([.. requests.Select(each => (each, 1))], result => together.AddRange(result.Images.Select(image => image.PixelHash)), null, Stop);
        Assert.Equal(alone, together);
        Assert.Distinct(alone);
    }

    [Theory]
    [InlineData(60, 0.2f)]
    [InlineData(32, 0.2f)]
    [InlineData(64, 0.7f)]
    public void Tiles_that_a_file_makes_up_are_refused(int size, float overlap)
    {
        using ModelSession session = TinyModel.Open("CPU", new OffloadOptions(), Stop);
        Assert.Throws<InvalidSettingException>(() => session.Generate(TinyModel.Request with { Tiles = new ImageTiles(size, overlap) }, null, Stop));
    }

    [Fact]
    public void What_draws_the_same_is_no_difference()
    {
        ImageOrigin now = s_origin with { Device = "Vulkan1", OffloadMode = OffloadMode.None, StepsDown = 0 };
        Assert.Empty(s_origin.DifferencesTo(now));
        Assert.Empty((s_origin with { Decoding = ImageMethod.Whole, Tiles = null }).DifferencesTo(now with { Decoding = ImageMethod.Strips, Tiles = null }));
        Assert.Empty(new ImageOrigin().DifferencesTo(now));
    }

    [Fact]
    public void What_may_draw_another_picture_is_said()
    {
        Assert.Equal(["Version: it was ZImage 0.1.0, and is ZImage 0.2.0 now.", "ggml: it was 0.23.0, and is 0.24.0 now."],
            s_origin.DifferencesTo(s_origin with { Software = "ZImage 0.2.0", GgmlVersion = "0.24.0" }));
        // Of another device, driver and kernels are others anyway.
        Assert.Equal(["Device: it was Vulkan0 (A card, with: signs), and is CUDA0 (A card, with: signs) now."],
            s_origin.DifferencesTo(s_origin with { Device = "CUDA0", Driver = "1", Kernels = null }));
        Assert.Equal(["Driver: it was 580.95, and is 581.1 now."], s_origin.DifferencesTo(s_origin with { Driver = "581.1" }));
        Assert.Equal(["Text encoder: it was on CPU, and is on the same device now."], s_origin.DifferencesTo(s_origin with { TextEncoderDevice = null }));
        Assert.Equal(["Decoding: it was tiles of 128 that overlap by 0.2, and is exact now."], s_origin.DifferencesTo(s_origin with { Decoding = ImageMethod.Strips, Tiles = null }));
    }

    private string Save(GeneratedImage image, ImageFormat format)
        => ImageFile.Save(image.Pixels, Path.Combine(_folder.Path, $"a.{format}".ToLowerInvariant()), null, new ImageMetadata { Parameters = image.Parameters });
}
