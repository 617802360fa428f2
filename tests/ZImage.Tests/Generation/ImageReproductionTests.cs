using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Tests.Imaging;

namespace ZImage.Tests.Generation;

/// <summary>How a picture that was drawn again is judged.</summary>
public sealed class ImageReproductionTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();
    private readonly ModelSession _session = TinyModel.Open("CPU", new OffloadOptions(), Stop);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Equal_pixels_are_identical_and_infinitely_near()
    {
        ImageReproduction result = Test(Save("a.png", Image()));
        Assert.Equal((ReproductionVerdict.Identical, true, true), (result.Verdict, result.IsReproduced, result.HoldsPixels));
        Assert.Equal((double.PositiveInfinity, 0), (result.Psnr!.Value, result.LargestDifference));
        Assert.Equal(result.ExpectedHash, result.ActualHash);
        Assert.Empty(result.Differences);
    }

    [Fact]
    public void A_lossy_file_is_judged_by_its_hash_and_measured_by_its_pixels()
    {
        ImageReproduction result = Test(Save("a.jpg", Image()));
        Assert.Equal((ReproductionVerdict.Identical, false), (result.Verdict, result.HoldsPixels));
        Assert.InRange(result.Psnr!.Value, 10, 100);
        Assert.InRange(result.LargestDifference!.Value, 1, 255);
    }

    [Theory]
    [InlineData(20, ReproductionVerdict.Close)]
    [InlineData(90, ReproductionVerdict.Different)]
    public void Near_pixels_are_close_as_far_as_the_tolerance_goes(double tolerance, ReproductionVerdict verdict)
    {
        GeneratedImage image = Image();
        PixelImage near = new(image.Width, image.Height, [.. image.Pixels.Rgb.Select(value => (byte)(value ^ 1))]);
        string path = Save("a.png", image, near, parameters => parameters.Replace(image.PixelHash, near.PixelHash, StringComparison.Ordinal));
        ImageReproduction result = Test(path, tolerance);
        Assert.Equal((verdict, 1), (result.Verdict, result.LargestDifference));
        // Every value is one step away: 20 log10(255).
        Assert.Equal(48.13, result.Psnr!.Value, 2);
    }

    [Fact]
    public void An_enlarged_file_is_judged_by_its_hash()
    {
        ImageReproduction result = Test(Save("a.png", Image(), TestPictures.Waves(32, 32)));
        Assert.Equal((ReproductionVerdict.Identical, false), (result.Verdict, result.HoldsPixels));
        Assert.Null(result.Psnr);
        Assert.Contains(result.Differences, difference => difference.Contains("32x32", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_model_and_another_program_are_differences()
    {
        GeneratedImage image = Image();
        string path = Save("a.png", image, change: text => text.Replace("Model hash: ", "Model hash: ff", StringComparison.Ordinal).Replace("ZImage 0", "Other 0", StringComparison.Ordinal));
        ImageReproduction result = Test(path);
        Assert.Contains(result.Differences, difference => difference.StartsWith("Model: its file was ff", StringComparison.Ordinal));
        Assert.Contains(result.Differences, difference => difference.StartsWith("Version: it was Other 0", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_that_another_program_does_not_record_are_the_models_and_said()
    {
        string path = Save("a.png", Image(), change: _ => "a cat\nSteps: 2, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Seed: 42, Size: 16x16, Version: other");
        ImageReproduction result = Test(path);
        Assert.Null(result.HoldsPixels);
        Assert.Equal("simple", result.Image.Scheduler);
        Assert.Contains("Not recorded, so they are the model's own: Shift, Rng.", result.Differences);
    }

    [Theory]
    [InlineData("Steps: 2, Size: 16x16", "no seed")]
    [InlineData(null, "no prompt")]
    public void A_file_without_settings_is_a_fault(string? line, string missing)
    {
        string path = Save("a.png", Image(), change: _ => line is null ? null : "a cat\n" + line);
        ImageWithoutSettingsException fault = Assert.Throws<ImageWithoutSettingsException>(() => Test(path));
        Assert.Contains(missing, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_private_is_recorded()
    {
        string text = Image().Parameters;
        Assert.DoesNotContain(Environment.UserName, text.Split([' ', ',', ':', '\n', '"']));
        Assert.DoesNotContain(Environment.MachineName, text.Split([' ', ',', ':', '\n', '"']));
        Assert.DoesNotContain(Path.GetDirectoryName(_session.Files.Diffusion)!, text, StringComparison.Ordinal);
    }

    private GeneratedImage Image() => _session.Generate(TinyModel.Request, null, Stop);

    private ImageReproduction Test(string path, double tolerance = ImageReproduction.UsualTolerance)
    {
        ImageInfo info = ImageInfo.Read(path);
        return ImageReproduction.Compare(info, ImageFile.Load(path), _session.Generate(info.ToRequest(_session.Defaults), null, Stop), tolerance);
    }

    private string Save(string name, GeneratedImage image, PixelImage? pixels = null, Func<string, string?>? change = null)
        => ImageFile.Save(pixels ?? image.Pixels, Path.Combine(_folder.Path, name), null, new ImageMetadata { Parameters = change is null ? image.Parameters : change(image.Parameters) });
}
