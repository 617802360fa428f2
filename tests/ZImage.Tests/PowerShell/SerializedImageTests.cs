using System.Management.Automation;
using ZImage.Engine.Imaging;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>What comes back of images and sessions from Export-Clixml, jobs and remote sessions, which all write objects in this way.</summary>
[Collection(CmdletTests.Name)]
public sealed class SerializedImageTests : IDisposable
{
    // As a job and a remote session write what comes out of a pipeline.
    private const string Copied = "function Reread($value, $depth = 1) { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($value, $depth)) };";

    private readonly TemporaryFolder _folder = new();
    private readonly CmdletFixture _fixture;

    public SerializedImageTests(CmdletFixture fixture)
    {
        _fixture = fixture;
        fixture.Texts("if (-not $global:travelled) { $global:travelled = New-ZImage \"a cat`non a mat\" -NegativePrompt dog -CfgScale 2 -Seed 42 -Sampler euler_a -Eta 0.35 -Rng Cpu -Model tiny @small }");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AnImageKeepsItsPixelsAndSettings(int depth)
    {
        string[] texts = _fixture.Texts(Copied + """
            $copy = Reread $travelled $depth
            $copy.GetType().Name
            $copy.PixelHash -eq $travelled.PixelHash
            $travelled | Save-ZImage "$folder/{seed} {model} {width}x{height} {steps} live.png"
            $copy | Save-ZImage "$folder/{seed} {model} {width}x{height} {steps} copy.png"
            "$($copy.Plan)" -eq "$($travelled.Plan)"
            @($copy.Timeline.Entries).Count -eq $travelled.Timeline.Entries.Count
            @($copy.Timeline.Entries)[0].DurationSeconds -eq $travelled.Timeline.Entries[0].DurationSeconds
            """, ("depth", depth), ("folder", _folder.Path));

        Assert.Equal(["PSObject", "True", "True", "True", "True"], texts);
        string live = Path.Combine(_folder.Path, "42 dit-tiny 32x32 2 live.png"), copy = Path.Combine(_folder.Path, "42 dit-tiny 32x32 2 copy.png");
        Assert.Equal(File.ReadAllBytes(live), File.ReadAllBytes(copy));
    }

    [Fact]
    public void WhatComesBackIsDrawnAgainAsItWas()
    {
        PowerShellResult result = _fixture.Session.Run(Copied + """
            (Reread $travelled | New-ZImage).PixelHash -eq $travelled.PixelHash
            $levels = New-ZImage 'a cat' -Sigmas 1, 0.8123456, 0.4 -Size 32x32 -Seed 3 -Model tiny
            (Reread $levels | New-ZImage).PixelHash -eq $levels.PixelHash
            $travelled | Save-ZImage "$folder/a.jpg"
            (Reread (Get-ZImageInfo "$folder/a.jpg") | New-ZImage).PixelHash -eq $travelled.PixelHash
            """, ("folder", _folder.Path)).ShouldSucceed();

        Assert.Equal(["True", "True", "True"], result.Output.Select(o => o.ToString()));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void AnImageInsideAnotherObjectKeepsItsPixels()
    {
        string[] texts = _fixture.Texts(Copied + """
            $travelled | Save-ZImage "$folder/a.png"
            $copy = Reread (Test-ZImageReproduction "$folder/a.png")
            [string] $copy.Verdict
            $copy.Image | Save-ZImage "$folder/b.png"
            (Reread $travelled.Pixels) | Save-ZImage "$folder/c.png"
            """, ("folder", _folder.Path));

        Assert.Equal(["Identical"], texts);
        Assert.Equal(ImageFile.ReadMetadata(Path.Combine(_folder.Path, "a.png")).Parameters, ImageFile.ReadMetadata(Path.Combine(_folder.Path, "b.png")).Parameters);
        Assert.Equal(ImageFile.Load(Path.Combine(_folder.Path, "a.png")).PixelHash, ImageFile.Load(Path.Combine(_folder.Path, "c.png")).PixelHash);
        Assert.Null(ImageFile.ReadMetadata(Path.Combine(_folder.Path, "c.png")).Parameters);
    }

    [Fact]
    public void ASessionFromElsewhereIsAnErrorOfItsOwn()
    {
        PowerShellResult result = _fixture.Session.Run(Copied + "New-ZImage 'a cat' -Model (Reread (Get-ZModel tiny))");

        Assert.Equal("SessionElsewhere,ZImage.PowerShell.Cmdlets.NewZImageCommand", result.Errors.Single().FullyQualifiedErrorId);
        Assert.Contains("'tiny'", result.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageWithoutItsPixelsIsRefusedWithAReason()
    {
        PowerShellResult result = _fixture.Session.Run(Copied + """
            $copy = Reread $travelled
            $copy.Pixels = 'ZImage.Engine.Imaging.PixelImage'
            $copy | Save-ZImage "$folder/a.png"
            """, ("folder", _folder.Path));

        Assert.Contains("lost its pixels", Assert.Single(result.Errors).ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}
