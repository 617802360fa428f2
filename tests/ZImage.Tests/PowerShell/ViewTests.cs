using System.Text.RegularExpressions;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>How sessions, images and devices look in a console: formatting needs a host, so it is one of its own.</summary>
public sealed partial class ViewTests
{
    [Fact]
    public async Task ObjectsShowTheirViews()
    {
        using var folder = new TemporaryFolder();
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $"""
            Import-Module '{Repository.Manifest}'
            {CmdletFixture.ImportTiny} -Name tiny | Out-Default
            $image = New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 42
            $image | Out-Default
            $image.Timeline.Entries | Out-Default
            $image | Save-ZImage '{folder.Path}/cat.png' -PassThru | Get-ZImageInfo | Out-Default
            Get-ZDevice CPU | Out-Default
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(
            """
            Name                 Device   State   Weights (MiB) On device (MiB) Model
            ----                 ------   -----   ------------- --------------- -----
            tiny                 CPU      Ready             8.3             0.0 dit-tiny
                 Size Steps       Seed Time (s) PixelHash  Prompt
                 ---- -----       ---- -------- ---------  ------
                32x32     2         42 TIME HASH a cat
            Phase      Start (s)  Time (s) Peak (MiB) Name
            -----      ---------  -------- ---------- ----
            Tokenize TIME TIME SIZE prompt
            Condition TIME TIME SIZE prompt
            Sample TIME TIME SIZE step 1
            Sample TIME TIME SIZE step 2
            Decode TIME TIME SIZE image
            Name                          Size Steps       Seed Prompt
            ----                          ---- -----       ---- ------
            cat.png                      32x32     2         42 a cat
            Name     Type          Usable Free (GiB) Total (GiB) Description
            ----     ----          ------ ---------- ----------- -----------
            CPU      Cpu           yes
            """.ReplaceLineEndings("\n"),
            Normalize(run.Lines));
    }

    // What differs from run to run and from machine to machine.
    private static string Normalize(IEnumerable<string> lines)
        => string.Join('\n', lines.Select(l => l.TrimEnd()).Where(l => l.Length > 0).Select(l =>
        {
            if (l.StartsWith("CPU ", StringComparison.Ordinal))
                return CpuRow().Match(l).Groups[1].Value;
            l = Hash().Replace(l, "HASH");
            l = Seconds().Replace(l, " TIME");
            return Mebibytes().Replace(l, "$1 SIZE");
        }));

    [GeneratedRegex(@"^(CPU +Cpu +yes) +\d+\.\d +\d+\.\d \S")]
    private static partial Regex CpuRow();

    [GeneratedRegex("[0-9a-f]{10}")]
    private static partial Regex Hash();

    [GeneratedRegex(@" *\b\d+\.\d{2,3}\b")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"(TIME) +[\d,]+\.\d")]
    private static partial Regex Mebibytes();
}
