using System.Management.Automation;
using ZImage.Engine.Imaging;
using ZImage.Tests.Hosting;
using ZImage.Tests.Imaging;

namespace ZImage.Tests.Cmdlets;

/// <summary>Get-ZImageInfo: which files are meant, what New-ZImage makes of the result, and what is refused.</summary>
[Collection(CmdletTests.Name)]
public sealed class GetZImageInfoTests(CmdletFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Prompts =>
    [
        "a cat",
        "  two cats, \"quoted\": 'x' \\ {y} [z]  ",
        "a cat\nSteps: 3, Seed: 4\n",
        "a cat\r\non a mat\r\n",
        "a sign\nNegative prompt: none",
        "Negative prompt: a cat",
        "一只猫 🐱 café Ã©",
        "{\"subject\": \"a cat\", \"Steps\": 3}",
        "Prompt length: 3",
        "-",
    ];

    [Theory]
    [MemberData(nameof(Prompts))]
    public void TheSameImageIsDrawnFromEveryFormat(string prompt)
    {
        string[] texts = fixture.Texts("""
            $image = New-ZImage $prompt -NegativePrompt "$prompt, bad" -CfgScale 1.75 -Seed 9876543210123 -Width 48 -Height 32 -Steps 3 -Sampler heun -Scheduler simple -Shift 2.3 -Model tiny
            foreach ($name in 'a.png', 'a.jpg', 'a.webp') {
                $again = $image | Save-ZImage "$folder/$name" -PassThru | Get-ZImageInfo | New-ZImage
                $again.Prompt -ceq $prompt
                $again.NegativePrompt -ceq "$prompt, bad"
                $again.PixelHash -eq $image.PixelHash
                (Get-ZImageInfo "$folder/$name").PixelHash -eq $image.PixelHash
            }
            """, ("folder", _folder.Path), ("prompt", prompt));

        Assert.Equal(Enumerable.Repeat("True", 12), texts);
    }

    [Theory]
    [InlineData("-Sampler euler_a -Scheduler karras -Steps 4 -Shift 2.3 -Eta 0.35 -Rng Cpu")]
    [InlineData("-Sampler 'DPM++ 2M Karras' -Steps 4")]
    [InlineData("-Sampler euler_a -Sigmas 1, 0.8123456, 0.4 -Rng Cpu")]
    [InlineData("-Sampler er_sde -Scheduler beta -Steps 3")]
    [InlineData("")]
    public void EverySettingOfTheSamplingIsTakenOver(string settings)
    {
        PowerShellResult result = fixture.Session.Run($$"""
            $image = New-ZImage 'a cat' -Seed 7 -Size 32x32 -Model tiny {{settings}}
            foreach ($name in 'a.png', 'a.jpg', 'a.webp') {
                $info = $image | Save-ZImage "$folder/$name" -PassThru | Get-ZImageInfo
                foreach ($setting in 'Steps', 'Sampler', 'Scheduler', 'Shift', 'Rng') { $info.$setting -eq $image.$setting }
                "$($info.Sigmas)" -eq "$($image.Sigmas)"
                ($info | New-ZImage).PixelHash -eq $image.PixelHash
            }
            """, ("folder", _folder.Path)).ShouldSucceed();

        Assert.Equal(Enumerable.Repeat("True", 21), result.Output.Select(o => o.ToString()));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void WhatIsNotRecordedIsTheModelsDefault()
    {
        Write("a.png", "a cat\nSize: 32x32, Seed: 3");

        Assert.Equal(["True"], fixture.Texts("(Get-ZImageInfo \"$folder/a.png\" | New-ZImage -Model tiny).PixelHash -eq (New-ZImage 'a cat' -Size 32x32 -Seed 3 -Model tiny).PixelHash", ("folder", _folder.Path)));
    }

    [Fact]
    public void TheCommandLineCountsMoreThanTheFile()
    {
        Write("a.png", "a cat\nSteps: 2, Size: 32x32, Seed: 3");

        Assert.Equal(["48x32 8 2"], fixture.Texts("Get-ZImageInfo \"$folder/a.png\" | New-ZImage -Seed 8 -Size 48x32 -Model tiny | ForEach-Object { \"$($_.Width)x$($_.Height) $($_.Seed) $($_.Steps)\" }", ("folder", _folder.Path)));
    }

    [Fact]
    public void FilesComeByNamePatternAndObject()
    {
        Write("a[1].png", "one\nSteps: 1");
        Write("b.png", "two\nSteps: 1");

        string[] texts = fixture.Texts("""
            function Show { process { $_.Prompt } }
            Get-ZImageInfo "$folder/*.png" | Show
            Get-ZImageInfo "$folder/b.png", "$folder/[b].png" | Show
            Get-ZImageInfo -LiteralPath "$folder/a[1].png" | Show
            Get-ZImageInfo ([WildcardPattern]::Escape("$folder/a[1].png")) | Show
            [IO.FileInfo] "$folder/a[1].png" | Get-ZImageInfo | Show
            [pscustomobject] @{ PSPath = "Microsoft.PowerShell.Core\FileSystem::$folder/a[1].png" } | Get-ZImageInfo | Show
            [pscustomobject] @{ Path = "$folder/b.png" } | Get-ZImageInfo | Show
            "$folder/b.png" | Get-ZImageInfo | Get-ZImageInfo | Show
            "$folder/b.png", [IO.FileInfo] "$folder/a[1].png", "$folder/b.png" | Get-ZImageInfo | Show
            """, ("folder", _folder.Path));

        Assert.Equal(["one", "two", "two", "two", "one", "one", "one", "one", "two", "two", "two", "one", "two"], texts);
    }

    [Theory]
    [InlineData("text.png", "ImageFileUnreadable", ErrorCategory.ReadError)]
    [InlineData("empty.png", "ImageFileUnreadable", ErrorCategory.ReadError)]
    [InlineData("folder", "ImageFileUnreadable", ErrorCategory.ReadError)]
    [InlineData("nosuch.png", "ImageFileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("nosuch*.png", "PathInvalid", ErrorCategory.InvalidArgument)]
    public void AFileThatIsNoImageIsAnErrorAndThePipelineGoesOn(string name, string errorId, ErrorCategory category)
    {
        _folder.Write("text.png", "hello");
        _folder.Write("empty.png", "");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder"));
        Write("good.png", "good\nSteps: 1");

        PowerShellResult result = fixture.Session.Run("\"$folder/$name\", \"$folder/good.png\" | Get-ZImageInfo | ForEach-Object Prompt", ("folder", _folder.Path), ("name", name));

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith(errorId + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.EndsWith(name, error.TargetObject.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal("good", result.Single.ToString());
    }

    [Theory]
    [InlineData("Function:/x.png", "PathNotFileSystem")]
    [InlineData("nosuch:/x.png", "PathInvalid")]
    public void APathOutsideTheFileSystemIsAnError(string path, string errorId)
        => Assert.StartsWith(errorId + ",", Assert.Single(fixture.Session.Run($"Get-ZImageInfo '{path}'").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void ASizeThatCannotBeDrawnIsForNewZImageToSay()
    {
        Write("a.png", "a cat\nSteps: 2, Size: 100x64");

        PowerShellResult result = fixture.Session.Run("(Get-ZImageInfo \"$folder/a.png\").Width; Get-ZImageInfo \"$folder/a.png\" | New-ZImage", ("folder", _folder.Path));

        Assert.Equal("100", result.Single.ToString());
        Assert.StartsWith("InvalidImageSize,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageWithoutParametersIsNoPrompt()
    {
        ImageFile.Save(TestPictures.Noise(8, 8), Path.Combine(_folder.Path, "a.png"));
        Write("b.png", "b\nSteps: 1, Size: 32x32");

        PowerShellResult result = fixture.Session.Run("Get-ZImageInfo \"$folder/*.png\" | New-ZImage -Model tiny | ForEach-Object Prompt", ("folder", _folder.Path));

        Assert.Equal(ErrorCategory.InvalidData, Assert.Single(result.Errors).CategoryInfo.Category);
        Assert.Equal("b", result.Single.ToString());
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void WhatIsNotUnderstoodIsWarnedOfWithTheFile()
    {
        Write("a.png", "a cat\nSteps: 2, Sampler: Foo 3M");

        string warning = Assert.Single(fixture.Session.Run("Get-ZImageInfo \"$folder/a.png\"", ("folder", _folder.Path)).ShouldSucceed().Warnings);
        Assert.Contains("a.png: ", warning, StringComparison.Ordinal);
        Assert.Contains("'Foo 3M'", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void TheModelThatDrewItIsFoundByItsFiles()
    {
        PowerShellResult result = fixture.Session.Run($$"""
            {{CmdletFixture.Small}}
            $info = New-ZImage 'a cat' -Seed 1 @small -Model tiny | Save-ZImage "$folder/tiny.png" -PassThru | Get-ZImageInfo
            $demo = Import-ZModel -Demo -Device CPU -Threads 1 -Name other
            $foreign = New-ZImage 'a cat' -Seed 1 @small -Model other
            $foreign | Save-ZImage "$folder/demo.png"
            ($info | New-ZImage).Model.Name
            ($info | New-ZImage -Model other).Model.Name
            $demo | Remove-ZModel
            (Get-ZImageInfo "$folder/demo.png" | New-ZImage).Model.Name
            ($foreign | New-ZImage).Model.Name
            """, ("folder", _folder.Path)).ShouldSucceed();

        Assert.Equal(["dit-tiny", "z-image-demo-q8_0", "dit-tiny", "dit-tiny"], result.Output.Select(o => o.ToString()));
        Assert.Equal(2, result.Warnings.Count);
        Assert.All(result.Warnings, warning => Assert.Contains("'z-image-demo-q8_0'", warning, StringComparison.Ordinal));
        Assert.All(result.Warnings, warning => Assert.Contains("'tiny' draws it now", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void AModelAskedForByWhatAnImageSaysMustBeThere()
    {
        Write("a.png", "a cat\nSteps: 2, Size: 32x32, Model: other");

        PowerShellResult result = fixture.Session.Run("New-ZImage 'a cat' -Model (Get-ZImageInfo \"$folder/a.png\").Model; Remove-ZModel (Get-ZImageInfo \"$folder/a.png\").Model", ("folder", _folder.Path));

        Assert.Equal(2, result.Errors.Count);
        Assert.All(result.Errors, error => Assert.StartsWith("SessionNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal));
        Assert.Equal(["False"], fixture.Texts("(Get-ZModel tiny).IsClosed"));
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string parameters)
        => ImageFile.Save(TestPictures.Noise(8, 8), Path.Combine(_folder.Path, name), metadata: new ImageMetadata { Parameters = parameters });
}
