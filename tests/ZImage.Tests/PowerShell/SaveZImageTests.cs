using System.Management.Automation;
using System.Text;
using ZImage.Engine.Imaging;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Save-ZImage: where files go, what is in them, and what it refuses.</summary>
[Collection(CmdletTests.Name)]
public sealed class SaveZImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CmdletFixture _fixture;

    public SaveZImageTests(CmdletFixture fixture)
    {
        _fixture = fixture;
        // One image serves all tests; saving does not change it.
        fixture.Texts("if (-not $global:saved) { $global:saved = New-ZImage 'a cat: red' -NegativePrompt blurred -CfgScale 2 -Seed 42 -Model tiny @small }");
    }

    [Fact]
    public void FieldsAreFilledAndFoldersAreMade()
    {
        _fixture.Texts("$saved, $saved | Save-ZImage \"$folder/new/{seed}-{index:000}-{width}x{height}.png\"", ("folder", _folder.Path));

        Assert.Equal(["42-000-32x32.png", "42-001-32x32.png"], Files("new"));
    }

    [Theory]
    [InlineData("{0}", "", "a cat_ red-42.png")]
    [InlineData("{0}/", "", "a cat_ red-42.png")]
    [InlineData("{0}", "-Format WebP", "a cat_ red-42.webp")]
    [InlineData("{0}/x", "-Format Jpeg", "x.jpg")]
    [InlineData("{0}/x.jpeg", "-Format Jpeg", "x.jpeg")]
    [InlineData("{0}/x.y", "-Format Png", "x.y.png")]
    public void AFolderOrAFormatNamesTheFile(string path, string arguments, string expected)
    {
        _fixture.Texts($"$saved | Save-ZImage \"{path.Replace("{0}", _folder.Path, StringComparison.Ordinal)}\" {arguments}");

        Assert.Equal([expected], Files());
    }

    [Fact]
    public void ARelativePathStartsAtThePowerShellLocation()
    {
        _fixture.Texts("""
            $before = $ExecutionContext.SessionState.Path.CurrentLocation.Path
            [void] $ExecutionContext.SessionState.Path.SetLocation($folder)
            try { $saved | Save-ZImage '{index:00}.png' } finally { [void] $ExecutionContext.SessionState.Path.SetLocation($before) }
            """, ("folder", _folder.Path));

        Assert.Equal(["00.png"], Files());
    }

    [Fact]
    public void ALiteralPathKeepsItsBraces()
    {
        _fixture.Texts("$saved | Save-ZImage -LiteralPath \"$folder/{seed}[1].png\"", ("folder", _folder.Path));

        Assert.Equal(["{seed}[1].png"], Files());
    }

    [Fact]
    public void ThePixelsAndTheParametersAreInTheFile()
    {
        string hash = _fixture.Texts("$saved | Save-ZImage \"$folder/x.png\"; $saved.PixelHash", ("folder", _folder.Path)).Single();
        string path = Path.Combine(_folder.Path, "x.png");

        Assert.Equal(hash, ImageFile.Load(path).PixelHash);
        string[] lines = ImageFile.ReadMetadata(path).Parameters!.Split('\n');
        Assert.Equal("a cat: red", lines[0]);
        Assert.Equal("Negative prompt: blurred", lines[1]);
        Assert.StartsWith("Steps: 2, Sampler: euler, Schedule type: flow_match, CFG scale: 2, Shift: 3, Seed: 42, Size: 32x32, Model hash: ", lines[2], StringComparison.Ordinal);
        Assert.Contains($"Model: dit-tiny, ", lines[2], StringComparison.Ordinal);
        Assert.Contains($"Pixel hash: {hash}, Device: CPU, Device name: ", lines[2], StringComparison.Ordinal);
        Assert.Matches("Decoding: Whole, ggml: [0-9.]+, Version: ZImage [0-9.]+$", lines[2]);
        Assert.Contains("tEXtparameters\0a cat: red\n", Encoding.Latin1.GetString(File.ReadAllBytes(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void QualityDecidesTheSizeOfAJpeg()
    {
        string[] sizes = _fixture.Texts("10, 100 | ForEach-Object { $saved | Save-ZImage \"$folder/$_.jpg\" -Quality $_ -PassThru } | ForEach-Object Length", ("folder", _folder.Path));

        Assert.True(int.Parse(sizes[0], null) < int.Parse(sizes[1], null));
    }

    [Fact]
    public void NothingIsWrittenToThePipelineWithoutPassThru()
    {
        Assert.Empty(_fixture.Texts("$saved | Save-ZImage \"$folder/x.png\"", ("folder", _folder.Path)));
        Assert.Equal(Path.Combine(_folder.Path, "y.png"), _fixture.Texts("$saved | Save-ZImage \"$folder/y.png\" -PassThru | ForEach-Object FullName").Single());
    }

    [Fact]
    public void WhatIfWritesNothing()
    {
        _fixture.Texts("$saved | Save-ZImage \"$folder/new/x.png\" -WhatIf", ("folder", _folder.Path));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AnExistingFileIsKeptWithoutForceAndThePipelineGoesOn()
    {
        string path = _folder.Write("42-0.png", "mine");
        PowerShellResult refused = _fixture.Session.Run("$saved, $saved | Save-ZImage \"$folder/{seed}-{index}.png\"", ("folder", _folder.Path));

        ErrorRecord error = Assert.Single(refused.Errors);
        Assert.StartsWith("ImageFileExists,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.ResourceExists, error.CategoryInfo.Category);
        Assert.Equal(path, error.TargetObject);
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal(["42-0.png", "42-1.png"], Files());

        _fixture.Texts("$saved | Save-ZImage \"$folder/{seed}-{index}.png\" -Force");
        Assert.Equal(32, ImageFile.Load(path).Width);
    }

    [Theory]
    [InlineData("x.tiff", "UnsupportedImageFormat")]
    [InlineData("x", "UnsupportedImageFormat")]
    [InlineData("x.png' -Format 'WebP", "ImageFormatMismatch")]
    public void ABadPathIsAnError(string name, string errorId)
    {
        PowerShellResult result = _fixture.Session.Run($"$saved | Save-ZImage '{_folder.Path}/{name}'");

        Assert.StartsWith(errorId + ",", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    [Theory]
    [InlineData("Function:/x.png", "PathNotFileSystem")]
    [InlineData("nosuch:/x.png", "PathInvalid")]
    public void APathOutsideTheFileSystemIsAnError(string path, string errorId)
        => Assert.StartsWith(errorId + ",", Assert.Single(_fixture.Session.Run($"$saved | Save-ZImage '{path}'").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void AMistakeInATemplateShowsBeforeAnImageIsDrawn()
    {
        PowerShellResult result = _fixture.Session.Run("try { New-ZImage 'a cat' -Size 32x32 -Steps 1000 -Count 1000 -Model tiny | Save-ZImage \"$folder/{nosuch}.png\" } catch { $_ }", ("folder", _folder.Path));

        Assert.StartsWith("FileNameTemplateInvalid,", ((ErrorRecord)result.Single.BaseObject).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(result.Progress);
    }

    [Fact]
    public void BarePixelsAreSavedWithoutParameters()
    {
        _fixture.Texts("$saved.Pixels | Save-ZImage \"$folder/{width}.png\"", ("folder", _folder.Path));

        Assert.Null(ImageFile.ReadMetadata(Path.Combine(_folder.Path, "32.png")).Parameters);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Files(string folder = "") => [.. Directory.GetFiles(Path.Combine(_folder.Path, folder)).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
