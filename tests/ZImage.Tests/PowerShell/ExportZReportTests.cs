using System.Management.Automation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Export-ZReport on runs that were measured.</summary>
[Collection(CmdletTests.Name)]
public sealed class ExportZReportTests(CmdletFixture fixture) : IDisposable
{
    private const string Measure = "$runs = Measure-ZGeneration -Model tiny -Size 32x32 -Steps 2 -Repeat 2 -Warmup 0 -Configuration @{ Name = 'all | there' }, @{ Name = 'streamed'; OffloadMode = 'LayerStreaming' };";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void MeasuredRunsBecomeBothReports()
    {
        string[] files = Texts(Measure + "$runs | Export-ZReport $folder/new/r.md, $folder/r.html -PassThru | ForEach-Object { \"$($_.GetType().Name) $($_.Name)\" }");
        Assert.Equal(["FileInfo r.md", "FileInfo r.html"], files);

        string text = File.ReadAllText(Path.Combine(_folder.Path, "new", "r.md"));
        Assert.Contains("4 runs of 2 configurations", text, StringComparison.Ordinal);
        Assert.Contains("All 2 configurations succeeded.", text, StringComparison.Ordinal);
        Assert.Contains(@"| all \| there | Success |", text, StringComparison.Ordinal);
        Assert.Contains("| Device | CPU (the processor) |", text, StringComparison.Ordinal);
        Assert.Contains("| Qwen3 text encoder |", text, StringComparison.Ordinal);
        Assert.Contains("qwen3-tiny.gguf", text, StringComparison.Ordinal);
        Assert.Contains("All 2 rows give the same pixels.", text, StringComparison.Ordinal);
        Assert.Contains("Set-ZOffload -OffloadMode ", text, StringComparison.Ordinal);
        string page = File.ReadAllText(Path.Combine(_folder.Path, "r.html"));
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.Contains("<polyline", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRecommendedLineWorks()
    {
        Texts(Measure + "$runs | Export-ZReport $folder/r.md");
        string line = File.ReadLines(Path.Combine(_folder.Path, "r.md")).First(each => each.StartsWith("Set-ZOffload ", StringComparison.Ordinal));
        string mode = line.Split(' ')[2];
        Assert.Equal([mode], Texts($"{CmdletFixture.ImportTiny} -Name recommended | ForEach-Object {{ $_ | {line} -PassThru | ForEach-Object {{ $_.OffloadMode }}; Remove-ZModel $_ }}"));
    }

    [Theory]
    [InlineData("$folder/r.md", "r.md")]
    [InlineData("$folder/r.HTM", "r.HTM")]
    [InlineData("$folder/r -Format Markdown, Html", "r.html r.md")]
    [InlineData("$folder/r.md -Format html, markdown", "r.html r.md")]
    [InlineData("$folder/r.txt -Format Html", "r.txt.html")]
    [InlineData("$folder", "zimage-report.md")]
    [InlineData("$folder/ -Format Html", "zimage-report.html")]
    [InlineData("'$folder/r[1].md' -Title 'x'", "r[1].md")]
    [InlineData("-LiteralPath $folder/r.md, $folder/./r.md", "r.md")]
    public void PathsAndFormatsSayWhichFilesAreWritten(string arguments, string expected)
    {
        Texts($"{Measure} $runs[0] | Export-ZReport {arguments.Replace("'$folder/r[1].md'", "\"$folder/r[1].md\"", StringComparison.Ordinal)}");
        Assert.Equal(expected.Split(' '), Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("$folder/r.txt", "ReportFormatUnknown")]
    [InlineData("$folder/r.md -Format Html", "ReportFormatMismatch")]
    [InlineData("$folder/there.md", "ReportFileExists")]
    [InlineData("nodrive:/r.md", "PathInvalid")]
    [InlineData("env:/r.md", "PathNotFileSystem")]
    public void WrongPathsAreFoundBeforeAnythingIsMeasured(string arguments, string errorId)
    {
        _folder.Write("there.md", "mine");
        PowerShellResult result = fixture.Session.Run($"$measured = 0; 1..3 | ForEach-Object {{ $global:measured = $_; $null }} | Export-ZReport {arguments}", ("folder", _folder.Path));
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith(errorId + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder.Path, "there.md")));
        Assert.Single(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void FilesAreReplacedWithForceOnlyAndNothingIsWrittenWithWhatIf()
    {
        string path = _folder.Write("r.md", "mine");
        Texts(Measure + "$runs | Export-ZReport $folder/r.md -Force -WhatIf");
        Assert.Equal("mine", File.ReadAllText(path));
        Texts(Measure + "$runs | Export-ZReport $folder/r.md -Force -Title 'My <card>'");
        Assert.StartsWith("# My \\<card\\>\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingMeasuredIsAFaultAndLeavesNoFile()
    {
        PowerShellResult result = fixture.Session.Run("@() | Export-ZReport $folder/r.md", ("folder", _folder.Path));
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith("NothingMeasured,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private string[] Texts(string script) => fixture.Texts(script, ("folder", _folder.Path));
}
