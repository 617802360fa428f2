using System.Management.Automation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>New-ZImage: what binds, what an image says of itself, and which faults end the pipeline.</summary>
[Collection(CmdletTests.Name)]
public sealed class NewZImageTests(CmdletFixture fixture)
{
    private const string Small = CmdletFixture.Small;

    [Fact]
    public void TheModelComesByThePipelineAndThePromptByPosition()
        => Assert.Equal(["a cat 32x32 42"], fixture.Texts("Get-ZModel tiny | New-ZImage 'a cat' @small -Seed 42 | ForEach-Object { \"$($_.Prompt) $($_.Width)x$($_.Height) $($_.Seed)\" }"));

    [Theory]
    [InlineData("-Model $model")]
    [InlineData("-Model tiny")]
    [InlineData("-Model TINY")]
    [InlineData("")]
    public void PromptsComeByThePipeline(string model)
        => Assert.Equal(["a cat", "a dog"], fixture.Texts($"$model = Get-ZModel tiny; 'a cat', 'a dog' | New-ZImage {model} @small | ForEach-Object Prompt"));

    [Fact]
    public void EveryOptionBindsByPropertyName()
    {
        string[] texts = fixture.Texts("""
            [pscustomobject] @{
                Prompt = 'a cat'; NegativePrompt = 'blurred'; Model = 'tiny'; Width = '48'; Height = '32'; Steps = '3'; Sampler = 'HEUN'
                Scheduler = 'simple'; Seed = '4294967296'; Shift = '2.5'; CfgScale = '1.5'; Count = '2'; Rng = 'cpu'; Eta = ''; Sigmas = ''
            } | New-ZImage | ForEach-Object { $r = $_.Request; "$($r.Prompt)|$($r.NegativePrompt)|$($r.Width)|$($r.Height)|$($r.Steps)|$($r.Sampler)|$($r.Scheduler)|$($r.Seed)|$($r.Rng)|$($r.Shift)|$($r.CfgScale)" }
            """);

        Assert.Equal(["a cat|blurred|48|32|3|heun|simple|4294967296|Cpu|2.5|1.5", "a cat|blurred|48|32|3|heun|simple|4294967297|Cpu|2.5|1.5"], texts);
    }

    [Fact]
    public void EmptyTextsAndLeftOutOptionsTakeTheModelsDefaults()
    {
        string[] texts = fixture.Texts("""
            $model = Get-ZModel tiny
            $empty = [pscustomobject] @{
                Prompt = 'a cat'; NegativePrompt = ''; Model = ''; Width = '32'; Height = '32'; Size = ''; Steps = ''; Sampler = ''; Scheduler = ' '
                Seed = ''; Shift = ''; CfgScale = ''; Count = ''; Rng = ''; Eta = ''; Sigmas = ' '
            }
            $d = $model.Defaults
            "$($d.Steps)|$($d.Sampler)|$($d.Scheduler)|$($d.Shift)|$($d.CfgScale)|Cuda||"
            @($empty | New-ZImage) + @(New-ZImage 'a cat' -Size 32x32) | ForEach-Object { $r = $_.Request; "$($r.Steps)|$($r.Sampler)|$($r.Scheduler)|$($r.Shift)|$($r.CfgScale)|$($r.Rng)|$($r.Eta)|$($r.Sigmas)" }
            """);

        Assert.Equal(3, texts.Length);
        Assert.Single(texts.Distinct());
    }

    [Fact]
    public void AnOptionOfOneItemDoesNotStayForTheNext()
    {
        string[] seeds = fixture.Texts("[pscustomobject] @{ Prompt = 'a'; Seed = 7 }, [pscustomobject] @{ Prompt = 'b' } | New-ZImage @small | ForEach-Object Seed");

        Assert.Equal("7", seeds[0]);
        Assert.NotEqual("7", seeds[1]);
    }

    [Fact]
    public void TheSameSeedGivesTheSamePixels()
    {
        string[] hashes = fixture.Texts("42, 42, 43 | ForEach-Object { New-ZImage 'a cat' -Seed $_ @small } | ForEach-Object PixelHash");

        Assert.Matches("^[0-9a-f]{64}$", hashes[0]);
        Assert.Equal(hashes[0], hashes[1]);
        Assert.NotEqual(hashes[0], hashes[2]);
    }

    [Fact]
    public void ARandomSeedIsReported()
    {
        string[] texts = fixture.Texts("""
            $one, $two = 'a cat', 'a cat' | New-ZImage @small
            $one.Seed -ne $two.Seed
            $one.PixelHash -eq (New-ZImage 'a cat' -Seed $one.Seed @small).PixelHash
            """);

        Assert.Equal(["True", "True"], texts);
    }

    [Fact]
    public void CountTakesTheFollowingSeedsAndGivesEachImageAtOnce()
    {
        Assert.Equal(["7", "8", "9"], fixture.Texts("New-ZImage 'a cat' -Seed 7 -Count 3 @small | ForEach-Object Seed"));
        // A thousand images would take minutes: the first one arrives before the others are drawn.
        Assert.Equal(["7"], fixture.Texts("try { New-ZImage 'a cat' -Seed 7 -Count 1000 @small | ForEach-Object { $_.Seed; throw 'enough' } } catch { }"));
    }

    [Fact]
    public void APipedTextIsAPromptEvenWhereAModelHasThatName()
    {
        string[] texts = fixture.Texts($"""
            $other = {CmdletFixture.ImportTiny} -Name 'a cat'
            $latest = {CmdletFixture.ImportTiny} -Name latest
            'a cat' | New-ZImage @small -Verbose 4>&1 | ForEach-Object ToString | Where-Object {'{'} $_ -match "'latest'" {'}'}
            $other, $latest | Remove-ZModel
            """);

        Assert.Single(texts);
    }

    [Fact]
    public void AnImagePipedBackIsDrawnAgain()
    {
        string[] texts = fixture.Texts("""
            $image = New-ZImage 'a cat' -NegativePrompt x -CfgScale 2 -Sampler heun -Scheduler simple -Shift 2 @small
            ($image | New-ZImage).PixelHash -eq $image.PixelHash
            $larger = $image | New-ZImage -Size 48x64
            "$($larger.Width)x$($larger.Height)"
            $wider = $image | New-ZImage -Size 48x64 -Width 80
            "$($wider.Width)x$($wider.Height)"
            """);

        Assert.Equal(["True", "48x64", "80x64"], texts);
    }

    [Theory]
    [InlineData("Width", "33", "InvalidImageSize", "33x32")]
    [InlineData("Steps", "0", "InvalidSetting", "0")]
    [InlineData("Steps", "few", "ParameterArgumentTransformationError", null)]
    [InlineData("Steps", "1.5", "ParameterArgumentTransformationError", null)]
    [InlineData("Steps", "99999999999", "ParameterArgumentTransformationError", null)]
    [InlineData("Size", "large", "ParameterArgumentTransformationError", null)]
    [InlineData("Sampler", "nosuch", "UnknownSampler", "nosuch")]
    [InlineData("Scheduler", "nosuch", "UnknownScheduler", "nosuch")]
    [InlineData("Shift", "-1", "InvalidSetting", "-1")]
    [InlineData("CfgScale", "0", "InvalidSetting", "0")]
    [InlineData("Eta", "-0.5", "InvalidSetting", "-0.5")]
    [InlineData("Eta", "1.5", "InvalidSetting", "1.5")]
    [InlineData("Eta", "NaN", "InvalidSetting", "NaN")]
    [InlineData("Sigmas", "0.5 0.7 0", "InvalidSetting", "0.5 0.7 0")]
    [InlineData("Sigmas", "1.5 1 0", "InvalidSetting", "1.5 1 0")]
    [InlineData("Sigmas", "1 NaN 0", "InvalidSetting", "1 NaN 0")]
    [InlineData("Sigmas", "0", "InvalidSetting", "0")]
    [InlineData("Sigmas", "noisy", "ParameterArgumentTransformationError", null)]
    [InlineData("Rng", "dice", "ParameterArgumentTransformationError", null)]
    [InlineData("Rng", "1", "ParameterArgumentTransformationError", null)]
    [InlineData("Sampler", "tcd", "UnknownSampler", "tcd")]
    [InlineData("Scheduler", "ays", "UnknownScheduler", "ays")]
    [InlineData("Count", "0", "InvalidSetting", "0")]
    [InlineData("Model", "nosuch", "SessionNotFound", "nosuch")]
    public void ABadItemIsAnErrorAndThePipelineGoesOn(string property, string value, string errorId, string? target)
    {
        PowerShellResult result = fixture.Session.Run(
            "$bad = [ordered] @{ Prompt = 'bad'; Width = 32; Height = 32; Steps = 2 }; $bad[$property] = $value;" +
            "[pscustomobject] $bad, [pscustomobject] @{ Prompt = 'good'; Width = 32; Height = 32; Steps = 2 } | New-ZImage | ForEach-Object Prompt",
            ("property", property), ("value", value));

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith(errorId + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(value, error.Exception.Message, StringComparison.Ordinal);
        if (target is not null)
        {
            Assert.Equal(target, error.TargetObject.ToString());
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        }

        Assert.Equal("good", result.Single.ToString());
        Assert.Null(result.Ending);
    }

    [Theory]
    [InlineData("[pscustomobject] @{ Text = 'a cat' }")]
    [InlineData("Get-ZModel tiny")]
    public void AnObjectWithoutAPromptIsNoPrompt(string input)
    {
        PowerShellResult result = fixture.Session.Run($"{input} | New-ZImage -Width 32 -Height 32");

        Assert.Equal(ErrorCategory.InvalidArgument, Assert.Single(result.Errors).CategoryInfo.Category);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void ARemovedSessionEndsThePipeline()
    {
        PowerShellResult result = fixture.Session.Run($"$gone = {CmdletFixture.ImportTiny}; Remove-ZModel $gone; try {{ 'a', 'b' | New-ZImage -Model $gone }} catch {{ $_ }}");

        Assert.Equal("SessionClosed,ZImage.PowerShell.Cmdlets.NewZImageCommand", ((ErrorRecord)result.Single.BaseObject).FullyQualifiedErrorId);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void MessagesGoToTheirStreams()
    {
        PowerShellResult result = fixture.Session.Run(Small + "New-ZImage ('a cat ' * 400) -Seed 5 @small -Verbose -WarningVariable warnings").ShouldSucceed();

        Assert.Contains("tokens", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Contains(result.Verbose, line => line.Contains("seed 5", StringComparison.Ordinal) && line.Contains("32x32", StringComparison.Ordinal));
        Assert.Equal("True", fixture.Texts("(New-ZImage ('a cat ' * 400) @small -WarningAction SilentlyContinue).PromptTruncated").Single());
    }
}
