using System.Text.RegularExpressions;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>How sessions, images, plans and devices look in a console that is wide enough, in a process of its own.</summary>
public sealed partial class ViewTests
{
    private const string TwoConfigurations = "@{ Name = 'as it is' }, @{ VramBudget = '8KB' }";

    [Fact]
    public async Task ObjectsShowTheirViews()
    {
        using var folder = new TemporaryFolder();
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $"""
            Import-Module '{Repository.Manifest}'
            {CmdletFixture.ImportTiny} -Name tiny | Out-String -Width 200
            $image = New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 42
            $image | Out-String -Width 200
            $image.Timeline.Entries | Out-String -Width 200
            Get-ZMemoryPlan -Size 32x32 -Steps 2 -VramBudget 1GB -OffloadMode CondOnly | Out-String -Width 200
            (Get-ZMemoryPlan -Size 32x32 -Steps 2).Phases | Out-String -Width 200
            $runs = Measure-ZGeneration -Size 32x32 -Steps 2 -Configuration {TwoConfigurations}
            $runs | Out-String -Width 200
            Measure-ZGeneration -Size 32x32 -Steps 2 -Summary | Out-String -Width 200
            $image | Save-ZImage '{folder.Path}/cat.png' -PassThru | Get-ZImageInfo | Out-String -Width 200
            Get-ZDevice CPU | Out-String -Width 200
            """);

        Assert.Equal("", run.Error);
        Assert.Equal(
            """
            Name                 Device   State   Offload        Weights (MiB) Device (MiB) Budget (MiB) Host (MiB) Model
            ----                 ------   -----   -------        ------------- ------------ ------------ ---------- -----
            tiny                 CPU      Ready   Auto                     8.3          0.0 SIZE        0.0 dit-tiny
                 Size Steps       Seed Time (s) PixelHash  Prompt
                 ---- -----       ---- -------- ---------  ------
                32x32     2         42 TIME HASH a cat
            Phase      Start (s)  Time (s) Peak (MiB) Moved (MiB) Name
            -----      ---------  -------- ---------- ----------- ----
            Tokenize TIME TIME SIZE SIZE prompt
            Offload TIME TIME SIZE SIZE before Condition
            Condition TIME TIME SIZE SIZE prompt
            Offload TIME TIME SIZE SIZE before Sample
            Sample TIME TIME SIZE SIZE step 1
            Sample TIME TIME SIZE SIZE step 2
            Offload TIME TIME SIZE SIZE before Decode
            Decode TIME TIME SIZE SIZE image
            Mode           Fits  Peak (MiB) Budget (MiB) Moved (MiB) Stay Streamed Time (s) Size          Decoding
            ----           ----  ---------- ------------ ----------- ---- -------- -------- ----          --------
            CondOnly       True SIZE SIZE SIZE    0        0 TIME 32x32         whole
            Phase     Component   Device   Weights (MiB) Work (MiB) Peak (MiB) Moved (MiB) Stay Streamed Time (s)
            -----     ---------   ------   ------------- ---------- ---------- ----------- ---- -------- --------
            Condition TextEncoder CPU SIZE SIZE SIZE SIZE    0        0 TIME
            Sample    Transformer CPU SIZE SIZE SIZE SIZE    0        0 TIME
            Decode    Autoencoder CPU SIZE SIZE SIZE SIZE    0        0 TIME
             # Configuration                Result      Time (s)  s/step Decode (s) Peak (MiB) Moved (MiB) Predicted (s)
             - -------------                ------      --------  ------ ---------- ---------- ----------- -------------
             1 as it is                     Success TIME TIME TIME SIZE SIZE TIME
             2 Auto                         OutOfMemory TIME TIME
             # Configuration                Result        Runs Time (s)  Spread  s/step Decode (s) Peak (MiB) Predicted (s)
             - -------------                ------        ---- --------  ------  ------ ---------- ---------- -------------
             1 Auto                         Success        1/1 TIME SIZE% TIME TIME SIZE TIME
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
            return (l.StartsWith("tiny ", StringComparison.Ordinal) ? Thousands() : Mebibytes()).Replace(l, " SIZE");
        }));

    [GeneratedRegex(@"^(CPU +Cpu +yes) +\d+\.\d +\d+\.\d \S")]
    private static partial Regex CpuRow();

    [GeneratedRegex("[0-9a-f]{10}")]
    private static partial Regex Hash();

    [GeneratedRegex(@" *\b\d+\.\d{2,3}\b")]
    private static partial Regex Seconds();

    [GeneratedRegex(@" +[\d,]+\.\d\b")]
    private static partial Regex Mebibytes();

    // The budget is what the machine has free.
    [GeneratedRegex(@" +\d[\d,]{4,}\.\d\b")]
    private static partial Regex Thousands();
}
