using System.Management.Automation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Imaging.Terminal;
using ZImage.Tests.Hosting;
using ZImage.Tests.Imaging;
using ZImage.Tests.Imaging.Terminal;

namespace ZImage.Tests.Cmdlets;

/// <summary>Show-ZImage and the preview of New-ZImage: in a terminal, and where there is none.</summary>
[Collection(CmdletTests.Name)]
public sealed class ShowZImageTests(CmdletFixture fixture)
{
    private static string Picture => Repository.PathOf("tests", "golden", "demo-picture-linux.png");

    [Fact]
    public void TheTextDrawsThePicture()
    {
        PixelImage picture = ImageFile.Load(Picture);
        // In the usual cells of 10 x 20 pixels, and smaller than the picture.
        string text = fixture.Texts($"Show-ZImage '{Picture}' -AsText -Protocol Sixel -Width 4").Single();
        PixelImage expected = AreaAverage.Resize(picture, 40, 40 * picture.Height / picture.Width);

        Assert.InRange(TestPictures.Psnr(expected, TerminalScreen.Sixel(text)), 33, double.PositiveInfinity);
    }

    [Fact]
    public void WithoutATerminalAWarningSaysSoAndNothingIsWritten()
    {
        PowerShellResult result = fixture.Session.Run($"Show-ZImage '{Picture}', '{Picture}'").ShouldSucceed();

        Assert.Empty(result.Output);
        Assert.StartsWith("No picture is drawn: the host 'Default Host' is no terminal.", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Empty(result.Information);
    }

    [Fact]
    public void APreviewWithoutATerminalIsNoneAndThePictureIsTheSame()
    {
        PowerShellResult result = fixture.Session.Run("New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 1; New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 1 -Preview -Verbose").ShouldSucceed();

        Assert.Single(result.Output.Select(image => image.Properties["PixelHash"].Value).Distinct());
        Assert.Single(result.Verbose, line => line == "No preview is shown: the host 'Default Host' is no terminal.");
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public async Task InATerminalPicturesAreDrawnAndPreviewsGoAwayAgain()
    {
        const string Terminal = "/usr/bin/script";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Terminal), "The program 'script', which runs others in a terminal, is not here.");
        using var folder = new TemporaryFolder();
        string commands = folder.Write("show.ps1", $"""
            Import-Module '{Repository.Manifest}'
            $ProgressPreference = 'SilentlyContinue'
            '<begin>'
            Show-ZImage '{Picture}' -Width 20
            '<shown>'
            $model = Import-ZModel -Demo -Device CPU -Threads 1
            $image = New-ZImage 'a red cat' -Size 64x64 -Steps 400 -Seed 1 -Preview
            '<drawn>'
            Show-ZImage '{Picture}' -Protocol Kitty
            '<end>'
            """);
        ChildProcess run = await ChildProcess.RunAsync("/usr/bin/env",
            ["-u", "NO_COLOR", "-u", "TMUX", "-u", "STY", "TERM=xterm-256color", "COLORTERM=truecolor", Terminal, "-qec",
             $"stty cols 120 rows 50; '{ChildProcess.HostProgram}' -NoProfile -NonInteractive -File '{commands}'", "/dev/null"]);
        // The terminal's own line ends.
        string text = run.Output.Replace("\r\r\n", "\r\n", StringComparison.Ordinal);

        PixelImage picture = ImageFile.Load(Picture);
        Assert.Equal(AreaAverage.Resize(picture, 20, 20).PixelHash, TerminalScreen.Blocks(Between(text, "<begin>", "<shown>")).PixelHash);
        Assert.Equal(picture.PixelHash, TerminalScreen.Kitty(Between(text, "<drawn>", "<end>")).Image.PixelHash);

        // Each preview takes the place of the one before, and the last is taken away: half of a window of 120 x 50.
        string[] previews = Between(text, "<shown>", "<drawn>").Split("\r\e[24A\e[J");
        Assert.True(previews.Length > 1, "No preview came.");
        Assert.Equal("", previews[^1]);
        Assert.All(previews[..^1], preview => Assert.Equal((48, 48), (TerminalScreen.Blocks(preview).Width, TerminalScreen.Blocks(preview).Height)));
    }

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal), to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= 0 && to > from, text);
        return text[(from + start.Length + 2)..to];
    }
}
