using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Test-ZImageReproduction, and New-ZImage from a file: which session draws, and what is said where another picture is to be expected.</summary>
[Collection(CmdletTests.Name)]
public sealed class TestZImageReproductionTests(CmdletFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void EveryPictureOfAnyRunIsReproduced()
    {
        string[] texts = fixture.Texts("""
            New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 5 -Count 3 -BatchSize 2 -Sampler euler_a -Model tiny | Save-ZImage "$folder/{seed}.png"
            'a dog', 'a hen' | New-ZImage -Size 32x32 -Steps 2 -Seed 9 -StageBatch 2 -CfgScale 2 -NegativePrompt cat -Model tiny | Save-ZImage "$folder/{prompt}.jpg"
            Test-ZImageReproduction "$folder/*" | ForEach-Object { "$($_.Verdict) $($_.Differences.Count)" }
            """, ("folder", _folder.Path));

        Assert.Equal(Enumerable.Repeat("Identical 0", 5), texts);
    }

    [Fact]
    public void ThePicturesModelDrawsWhateverWasImportedLast()
    {
        string[] texts = fixture.Texts($$"""
            New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 5 -Model tiny | Save-ZImage "$folder/a.png"
            $demo = Import-ZModel -Demo -Device CPU -Threads 1
            try {
                (Test-ZImageReproduction "$folder/a.png").Image.Model.Name
                $other = Test-ZImageReproduction "$folder/a.png" -Model $demo
                [string] $other.Verdict
                $other.Differences
                Test-ZImageReproduction "$folder/a.png" -Quiet
                Test-ZImageReproduction "$folder/a.png" -Quiet -Model $demo.Name
            }
            finally {
                $demo | Remove-ZModel
            }
            """, ("folder", _folder.Path));

        Assert.Equal(["dit-tiny", "Different"], texts[..2]);
        Assert.StartsWith("Model: its file was ", texts[2], StringComparison.Ordinal);
        Assert.StartsWith("Text encoder: its file was ", texts[3], StringComparison.Ordinal);
        Assert.StartsWith("Autoencoder: its file was ", texts[4], StringComparison.Ordinal);
        Assert.Equal(["True", "False"], texts[5..]);
    }

    [Fact]
    public void NewZImageTakesTheTilesAndSaysWhatDiffers()
    {
        PowerShellResult result = fixture.Session.Run("""
            Set-ZOffload tiny -VaeTiling On -VaeTileSize 64
            $image = New-ZImage 'a cat' -Size 128x96 -Steps 1 -Seed 5 -Model tiny
            Set-ZOffload tiny -VaeTiling Auto
            $info = $image | Save-ZImage "$folder/a.png" -PassThru | Get-ZImageInfo
            ($info | New-ZImage).PixelHash -eq $image.PixelHash
            $null -eq ($info | New-ZImage -Seed 6).Origin.Tiles
            $old = $image.Origin.ToString().Replace('ggml: ', 'ggml: 1')
            # Two pictures of one origin are one warning, and a picture with another seed is another anyway.
            $null = $info, $info | New-ZImage -Origin $old
            $null = $info | New-ZImage -Origin $old -Seed 6
            """, ("folder", _folder.Path)).ShouldSucceed();

        Assert.Equal(["True", "True"], result.Output.Select(o => o.ToString()));
        Assert.Equal("Another picture than the one that is drawn again is to be expected. ggml: it was 10.23.0, and is 0.23.0 now.", Assert.Single(result.Warnings));
    }

    public void Dispose() => _folder.Dispose();
}
