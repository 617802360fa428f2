using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>
/// Runs every example of the help as it stands, in a process of its own, since examples import and remove models: in a folder with the small
/// golden model in ./models, pictures that it drew, and a table of jobs.
/// </summary>
public sealed class HelpExampleFixture : IAsyncLifetime
{
    // What is left open in an example is small here.
    private const string Small = """
        $PSDefaultParameterValues = @{}
        foreach ($command in 'New-ZImage', 'Measure-ZGeneration') { $PSDefaultParameterValues["${command}:Size"] = '32x32'; $PSDefaultParameterValues["${command}:Steps"] = 2 }
        """;

    // Each example finds what the one before it found, and no model.
    private const string Runner = """
        param($Manifest, $Prepared, $Work, $Examples)
        $env:ZIMAGE_CACHE_PATH = [IO.Path]::Combine($Prepared, '../cache')
        Import-Module $Manifest -ErrorAction Stop
        function Clear-Work {
            foreach ($entry in [IO.DirectoryInfo]::new($Work).GetFileSystemInfos()) {
                if ($entry.Name -ne 'models') { $entry -is [IO.DirectoryInfo] ? $entry.Delete($true) : $entry.Delete() }
            }
            foreach ($file in [IO.Directory]::GetFiles($Prepared)) { [IO.File]::Copy($file, [IO.Path]::Combine($Work, [IO.Path]::GetFileName($file))) }
        }
        $ExecutionContext.SessionState.Path.SetLocation($Work)
        $null = Import-ZModel ./models -ErrorAction Stop
        foreach ($name in 'cat', 'dog') { New-ZImage "a $name" -Size 32x32 -Steps 2 -Seed 42 -ErrorAction Stop | Save-ZImage "$Prepared/$name.png" -ErrorAction Stop }
        foreach ($example in [IO.Directory]::GetFiles($Examples, '*.ps1')) {
            Get-ZModel | Remove-ZModel
            Clear-Work
            $faults = [Collections.Generic.List[string]]::new()
            try { & $example 2>&1 3>$null 6>$null | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { $faults.Add("$($_.FullyQualifiedErrorId): $_") } } }
            catch { $faults.Add("$($_.FullyQualifiedErrorId): $_") }
            [IO.File]::WriteAllLines("$example.errors", $faults)
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        foreach (string file in (string[])[CmdletFixture.Diffusion, CmdletFixture.TextEncoder, CmdletFixture.Vae])
            File.Copy(file, _folder[$"work/models/{Path.GetFileName(file)}"]);
        File.Copy(Repository.PathOf("examples", "jobs.csv"), _folder["prepared/jobs.csv"]);
        foreach ((string page, var command) in StagedHelp.Commands)
        {
            foreach ((int number, string code) in StagedHelp.Examples(command).Index())
                _folder.Write($"examples/{page}.{number + 1}.ps1", $"{Preparation(page)}\n{code}");
        }

        ChildProcess run = await ChildProcess.RunAsync(ChildProcess.HostProgram,
            ["-NoProfile", "-NonInteractive", "-File", _folder.Write("run.ps1", Runner), Repository.Manifest, _folder["prepared"], _folder["work"], _folder["examples"]], environment: ("GGML_VK_VISIBLE_DEVICES", "9"));
        // ggml itself may have something to say of the graphics cards that are hidden.
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>The errors of a page's examples, each with the name of the example.</summary>
    public IReadOnlyList<string> Errors(string page)
        => [.. Directory.GetFiles(Path.Combine(_folder.Path, "examples"), $"{page}.*.ps1").SelectMany(example =>
            File.ReadAllLines($"{example}.errors").Select(error => $"{Path.GetFileName(example)}: {error}"))];

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What runs before each example of a page, in its scope.</summary>
    private static string Preparation(string page) => page switch
    {
        "Measure-ZGeneration" => $"{Small}\n$PSDefaultParameterValues['Measure-ZGeneration:Scale'] = 0.0001",
        _ => Small,
    };
}
