using System.Management.Automation.Runspaces;
using ZImage.Engine.Imaging;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Every script of the folder examples runs as it stands, with the demo model and pictures made small.</summary>
[Collection(CmdletTests.Name)]
public sealed class ExampleTests : IDisposable
{
    // What the examples leave to the cmdlets' own defaults.
    private const string SmallPictures = """
        $global:PSDefaultParameterValues = @{
            'New-ZImage:Size' = '32x32'; 'New-ZImage:Steps' = 1; 'Measure-ZGeneration:Size' = '32x32'; 'Measure-ZGeneration:Steps' = 1
            'Import-ZModel:Threads' = 1
        }

        """;

    private readonly TemporaryFolder _folder = new();
    private readonly PowerShellSession _session = new();

    public static TheoryData<string> Scripts => [.. Names];

    private static IEnumerable<string> Names
        => Directory.GetFiles(Repository.PathOf("examples"), "*.ps1").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void EveryExampleRuns(string name)
    {
        string[] files = name switch
        {
            "batch.ps1" => ["batch/00-42.png", "batch/01-7.png", "batch/02-*.png", "batch/03-*.png", "batch/images.csv"],
            "contact-sheet.ps1" => ["sheet.png"],
            "demo.ps1" => ["cat.png", "contact-sheet.png"],
            "grid.ps1" => ["grid/Sampler=euler, Seed=1.png", "grid/Sampler=heun, Seed=2.png", "grid/grid.png", "grid/grid.csv", "grid/grid.md"],
            "judge-card.ps1" => ["report.md", "report.html"],
            "machines.ps1" => ["machines/01-42.png", "machines/02-7.png", "machines/03-*.png"],
            "parallel.ps1" => ["parallel/a red cat on a blue background-1.webp", "parallel/a green tree on a white background-1.webp"],
            "scheduled.ps1" => ["scheduled/001-42.png", "scheduled/002-7.png", "scheduled/003-*.png", "scheduled/scheduled.log"],
            _ => throw new NotSupportedException($"Say here which files {name} writes."),
        };
        string run = name switch
        {
            "contact-sheet.ps1" => "& $script (1..3 | ForEach-Object { New-ZImage 'a cat' -Seed $_ -Model $demo }) | Save-ZImage $out/sheet.png",
            "judge-card.ps1" => "& $script -Demo -Device CPU -OutputFolder $out",
            // Defaults do not reach other processes and runspaces.
            "machines.ps1" => "& $script -Csv $csv -Device CPU -OutputFolder $out",
            "parallel.ps1" => "& $script -Setting @{ Size = '32x32'; Steps = 1; Seed = 1 } -Device CPU -OutputFolder $out",
            _ => "& $script -Device CPU -OutputFolder $out",
        };

        Run(name, name == "contact-sheet.ps1" ? $"$demo = Import-ZModel -Demo -Device CPU; {run}; Remove-ZModel $demo" : run).ShouldSucceed();

        Assert.All(files, file => Assert.NotEmpty(Directory.GetFiles(_folder.Path, file)));
        Assert.All(Directory.GetFiles(_folder.Path, "*.png", SearchOption.AllDirectories), file => Assert.NotEqual(0, ImageFile.Load(file).Width));
        Assert.Empty(_session.Run("Get-ZModel | Where-Object Name -ne tiny").ShouldSucceed().Output);
    }

    [Fact]
    public void EveryExampleHasHelpAndARowInTheReadme()
    {
        string readme = File.ReadAllText(Repository.PathOf("examples", "README.md"));

        Assert.All(Names, name => Assert.Contains($"[`{name}`]({name})", readme, StringComparison.Ordinal));
        Assert.Empty(_session.Run("""
            foreach ($script in [IO.Directory]::GetFiles($examples, '*.ps1')) {
                $help = Get-Help $script -Full
                if (-not $help.description) { "$script has no description" }
                if (-not $help.examples) { "$script has no example" }
                $undescribed = $help.parameters.parameter | Where-Object { -not $_.description } | ForEach-Object name
                if ($undescribed) { "$script does not describe $undescribed" }
            }
            """, ("examples", Repository.PathOf("examples"))).ShouldSucceed().Output);
    }

    [Fact]
    public void TheGridNamesItsRowsAndColumns()
    {
        Run("grid.ps1", "& $script 'a | cat' -Down @{ Steps = 1, 2 } -Across @{ CfgScale = 1, 2, 3 } -Setting @{ Seed = 5 } -Device CPU -OutputFolder $out").ShouldSucceed();

        string[] table = File.ReadAllLines(_folder["grid/grid.md"]);
        Assert.Equal(@"| Steps \ CfgScale | 1 | 2 | 3 |", table[2]);
        Assert.StartsWith("| 2 | ![Steps=2, CfgScale=1.png](<Steps=2, CfgScale=1.png>) | ", table[5], StringComparison.Ordinal);
        Assert.Equal((3 * 36) + 4, ImageFile.Load(_folder["grid/grid.png"]).Width);
        Assert.Equal((2 * 36) + 4, ImageFile.Load(_folder["grid/grid.png"]).Height);
    }

    [Fact]
    public void AScheduledRunLogsEveryStreamAndCountsWhatFailed()
    {
        string csv = _folder.Write("jobs.csv", "Prompt,Seed,Sampler\na cat,1,\na dog,2,nosuch\na fish,3,\n");
        const string Scheduled = "& $script -Csv $csv -Device CPU -OutputFolder $out; $LASTEXITCODE";

        object first = Run("scheduled.ps1", Scheduled).ShouldSucceed().Single.BaseObject;
        string[] log = File.ReadAllLines(_folder["scheduled/scheduled.log"]);
        File.WriteAllText(csv, File.ReadAllText(csv).Replace("nosuch", "euler", StringComparison.Ordinal));
        object second = Run("scheduled.ps1", Scheduled).ShouldSucceed().Single.BaseObject;
        string[] more = File.ReadAllLines(_folder["scheduled/scheduled.log"])[log.Length..];
        object missing = Run("scheduled.ps1", Scheduled.Replace("$csv", "nowhere.csv", StringComparison.Ordinal)).ShouldSucceed().Single.BaseObject;

        Assert.Equal([1, 0, 2], [first, second, missing]);
        Assert.Contains(log, line => line.Contains(" ERROR ", StringComparison.Ordinal) && line.Contains("nosuch", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains(" VERBOSE ", StringComparison.Ordinal));
        Assert.EndsWith("2 of 3 rows are drawn.", log[^1], StringComparison.Ordinal);
        Assert.Equal(2, more.Count(line => line.EndsWith("is drawn already.", StringComparison.Ordinal)));
        Assert.Contains("nowhere.csv", File.ReadAllLines(_folder["scheduled/scheduled.log"])[^1], StringComparison.Ordinal);
    }

    // One of two machines is lost in the middle of a row, and one row cannot be drawn by any. (PowerShell takes a minute to notice that a process has
    // ended; a connection that is closed it notices at once.)
    [Fact]
    public async Task TheOtherMachinesDrawTheRowsOfOneThatIsLost()
    {
        using Runspace whole = RunspaceFactory.CreateOutOfProcessRunspace(null), lost = RunspaceFactory.CreateOutOfProcessRunspace(null);
        Task losing = Task.Run(async () =>
        {
            while (!File.Exists(_folder["lost"]))
                await Task.Delay(20, TestContext.Current.CancellationToken);
            lost.CloseAsync();
        }, TestContext.Current.CancellationToken);
        string csv = _folder.Write("jobs.csv", "Prompt,Seed,Size,Steps\na cat,1,32x32,1\na dog,2,32x32,many\na fish,3,32x32,1\n");

        PowerShellResult run = Run("machines.ps1", """
            $sessions = foreach ($runspace in $runspaces) {
                $runspace.Open()
                [Management.Automation.Runspaces.PSSession]::Create($runspace, 'Process', $null)
            }
            # The second is lost at its first picture; the first waits for that, so that it cannot have drawn all before.
            Invoke-Command -Session $sessions[0] {
                $global:lost = $using:lost
                function global:New-ZImage {
                    param([Parameter(ValueFromPipeline)] $Job, $Model)
                    process {
                        while (-not [IO.File]::Exists($global:lost)) { Start-Sleep -Milliseconds 20 }
                        $Job | ZImage\New-ZImage -Model $Model -ErrorAction Stop
                    }
                }
            }
            Invoke-Command -Session $sessions[1] {
                $global:lost = $using:lost
                function global:New-ZImage {
                    param([Parameter(ValueFromPipeline)] $Job, $Model)
                    process { [IO.File]::WriteAllText($global:lost, ''); Start-Sleep 600 }
                }
            }
            & $script -Session $sessions -Module $manifest -Csv $csv -Device CPU -OutputFolder $out
            """, ("manifest", Repository.Manifest), ("lost", _folder["lost"]), ("runspaces", new[] { whole, lost }));
        await losing;

        Assert.Null(run.Ending);
        Assert.Equal(["1", "3"], run.Output.Select(o => o.Properties["Seed"].Value.ToString()!).Order());
        Assert.Contains("many", Assert.Single(run.Errors).ToString(), StringComparison.Ordinal);
        Assert.Contains("is gone", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    private PowerShellResult Run(string name, string run, params (string Name, object? Value)[] variables)
        => _session.Run(
            SmallPictures + run,
            [
                ("script", Repository.PathOf("examples", name)),
                ("out", _folder.Path),
                ("csv", File.Exists(_folder["jobs.csv"]) ? _folder["jobs.csv"] : _folder.Write("few.csv", "Prompt,Seed,Size,Steps,Count\na cat,42,32x32,1,\na dog,7,32x32,1,\na fish,,32x32,1,2\n")),
                .. variables,
            ]);
}
