using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>Measure-ZGeneration as a script sees it. On the CPU weights are used where they lie, so it is compute buffers that a budget refuses.</summary>
[Collection(CmdletTests.Name)]
public sealed class MeasureZGenerationTests(CmdletFixture fixture)
{
    private const string Show = "ForEach-Object { \"$($_.Number).$($_.Run) $($_.Configuration): $($_.Result) $($_.ErrorId)\".TrimEnd() }";
    private const string Unchanged = "\"$((Get-ZModel tiny).Offload) $((Get-ZModel tiny).DeviceBytes) $((Get-ZModel tiny).HostBytes)\"";

    [Fact]
    public void WithNothingButARequestTheSessionIsMeasuredAsItIs()
    {
        string[] texts = fixture.Texts($$"""
            $before = {{Unchanged}}
            $runs = Measure-ZGeneration -Model tiny @small -Repeat 2
            $runs | {{Show}}
            $runs[1].Settings.Request.Prompt, $runs[1].Settings.Request.Seed
            $image = New-ZImage 'a cat' -Model tiny @small -Seed 42
            $runs.PixelHash -ne $image.PixelHash
            $runs[0].StepSeconds[1] -gt 0 -and $runs[0].StepSeconds -is [array]
            $runs[1].Timeline.Entries.Count -eq $image.Timeline.Entries.Count -and $runs[1].ConditionSeconds -gt 0
            $runs[0].Model, $runs[0].Device
            $before -eq {{Unchanged}}
            """);

        Assert.Equal(["1.1 Auto: Success", "1.2 Auto: Success", "a cat", "42", "True", "True", "tiny", "CPU", "True"], texts);
    }

    [Fact]
    public void EveryResultIsAnObjectAndNothingEndsTheSuite()
    {
        string[] texts = fixture.Texts($$"""
            $before = {{Unchanged}}
            $runs = Measure-ZGeneration @small -Timeout 3 -Repeat 2 -Configuration @(
                @{ Name = 'good' }
                @{ Name = 'narrow'; VramBudget = '8KB' }
                @{ Name = 'odd'; Size = '33x32' }
                @{ Name = 'long'; Size = '128x128'; Steps = 1000 }
                @{ Name = 'unknown'; Sampler = 'nosuch' }
                @{ Name = 'good again' }
            )
            $runs | {{Show}}
            $before -eq {{Unchanged}}
            $runs[2].Plan.Fits
            $runs[2].PredictedPeakBytes -gt 8KB
            $runs[4].Reason
            """);

        Assert.Equal(
            [
                "1.1 good: Success", "1.2 good: Success", "2.1 narrow: OutOfMemory BudgetTooSmall", "3.1 odd: Failed InvalidImageSize", "4.1 long: Timeout Timeout",
                "5.1 unknown: Failed UnknownSampler", "6.1 good again: Success", "6.2 good again: Success", "True", "False", "True", "It took longer than 3 s and was stopped.",
            ],
            texts);
    }

    [Fact]
    public void ConfigurationsComeByThePipelineAsTablesAndAsRowsOfACsvFile()
    {
        const string Settings = "ForEach-Object { $o = $_.Settings.Offload; $r = $_.Settings.Request; \"$($_.Number) $($_.Configuration): $($o.Mode) $($o.VaeTiling) $($o.VaeOnCpu) $($o.VramBudget) $($r.Width)x$($r.Height) $($r.Steps) $($r.Sampler) $($r.Scheduler) $($r.Seed)\" }";
        string[] texts = fixture.Texts($$"""
            $full = [pscustomobject] @{ Name = 'row'; OffloadMode = 'cond_only'; VaeTiling = 'on'; VaeOnCpu = 'true'; VramBudget = '4GB'; Size = '16x32'; Steps = '1'; Sampler = 'heun'; Scheduler = 'karras'; Seed = '7' }
            $empty = [pscustomobject] @{ Name = ''; OffloadMode = ''; VaeTiling = ''; VaeOnCpu = ''; VramBudget = ''; Size = ''; Steps = ''; Sampler = ''; Scheduler = ''; Seed = '' }
            $table = @{ offload_mode = 'layer-streaming'; vae_tiling = $true; VAEONCPU = $false; width = 16; 'cfg-scale' = 1.0 }
            $full, $empty, $table | Measure-ZGeneration -Size 32x32 -Steps 2 -Sampler euler -Scheduler simple -Warmup 0 -WarningAction SilentlyContinue | {{Settings}}
            """);

        Assert.Equal(
            ["1 row: CondOnly On True 4GB 16x32 1 heun karras 7", "2 Auto: Auto Auto False auto 32x32 2 euler simple 42", "3 LayerStreaming + tiling: LayerStreaming On False auto 16x32 2 euler simple 42"],
            texts);
    }

    [Fact]
    public void SettingsOfAMeasurementAreAConfiguration()
    {
        string[] texts = fixture.Texts("""
            $run = Measure-ZGeneration @small -Warmup 0 -Configuration @{ Name = 'mine'; Seed = 9 }
            $again = $run.Settings | Measure-ZGeneration -Warmup 0
            $again.Configuration, ($again.PixelHash -eq $run.PixelHash)
            """);

        Assert.Equal(["mine", "True"], texts);
    }

    [Theory]
    [InlineData("@{ Name = 'x'; OfloadMode = 'None' }", "UnknownConfigurationKey", "OfloadMode")]
    [InlineData("([pscustomobject] @{ Name = 'x'; Speed = 3 })", "UnknownConfigurationKey", "Speed")]
    [InlineData("@{ Name = 'x'; OffloadMode = 'fast' }", "InvalidConfiguration", "'fast' is none of Auto, None")]
    [InlineData("@{ Name = 'x'; VramBudget = 'lots' }", "InvalidConfiguration", "VramBudget is 'lots'")]
    [InlineData("@{ Name = 'x'; Steps = 'many' }", "InvalidConfiguration", "'many' is not a whole number")]
    [InlineData("@{ Name = 'x'; Steps = @(1, 2) }", "InvalidConfiguration", "Steps")]
    [InlineData("@{ Name = 'x'; Model = 'nosuch' }", "SessionNotFound", "nosuch")]
    public void AConfigurationThatIsNotUnderstoodIsAnErrorAndTheOthersAreMeasured(string configuration, string errorId, string message)
    {
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.Small} Measure-ZGeneration @small -Warmup 0 -Configuration {configuration}, @{{ Name = 'good' }} | ForEach-Object Configuration");

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal($"{errorId},ZImage.PowerShell.Cmdlets.MeasureZGenerationCommand", error.FullyQualifiedErrorId);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal("good", result.Single.ToString());
    }

    // A budget in which nothing fits shows the settings without drawing.
    [Fact]
    public void TheSuiteHasEightRowsAndTheSettingsOfTheBenchmark()
    {
        string[] texts = fixture.Texts($$"""
            $runs = Measure-ZGeneration -Suite vram_offload -VramBudget 4KB -WarningAction SilentlyContinue
            $runs | {{Show}}
            foreach ($request in $runs[0].Settings.Request, $runs[7].Settings.Request) { "$($request.Prompt) $($request.Width)x$($request.Height) $($request.Steps) $($request.Sampler) $($request.Scheduler) $($request.Seed)" }
            """);

        Assert.Equal(8, texts[..8].Count(text => text.EndsWith(": OutOfMemory BudgetTooSmall", StringComparison.Ordinal)));
        Assert.Equal("6.1 None, text encoder and VAE on CPU + tiling: OutOfMemory BudgetTooSmall", texts[5]);
        Assert.Equal(["a cat 1024x1024 9 euler smoothstep 42", "a cat 1024x1024 9 euler smoothstep 42"], texts[8..]);
    }

    [Fact]
    public void RowsOfTheSuiteAreChosenAndItsSettingsReplaced()
        => Assert.Equal(["8 CondOnly + tiling, again 1 32x32 heun Success", "3 CondOnly 1 32x32 heun Success"], fixture.Texts("""
            Measure-ZGeneration -Suite VramOffload -Row 8, 3 -Size 32x32 -Steps 1 -Sampler heun -VramBudget 4GB -Warmup 0 -WarningAction SilentlyContinue |
                ForEach-Object { $r = $_.Settings.Request; "$($_.Number) $($_.Configuration) $($r.Steps) $($r.Width)x$($r.Height) $($r.Sampler) $($_.Result)" }
            """));

    [Fact]
    public void ASummaryStandsForTheRunsOfEachConfiguration()
    {
        string[] texts = fixture.Texts("""
            $all = Measure-ZGeneration @small -Repeat 3 -Warmup 0 -Summary -Configuration @{ Name = 'a' }, @{ Name = 'b'; Size = '33x32' }, @{ Name = 'c' }
            $all | ForEach-Object { "$($_.Number) $($_.Configuration) $($_.Result) $($_.Successes)/$($_.Runs)" }
            $d = $all[0].Duration
            $d.Min -gt 0 -and $d.Min -le $d.Median -and $d.Median -le $d.Max
            $null -eq $all[1].Duration
            """);

        Assert.Equal(["1 a Success 3/3", "2 b Failed 0/1", "3 c Success 3/3", "True", "True"], texts);
    }

    [Fact]
    public void SeveralModelsAreMeasuredOneAfterTheOther()
    {
        string[] texts = fixture.Texts($$"""
            $other = {{CmdletFixture.ImportTiny}} -Name other
            Get-ZModel | Measure-ZGeneration @small -Warmup 0 | ForEach-Object { "$($_.Model) $($_.Number)" }
            Measure-ZGeneration @small -Warmup 0 -Configuration @{ Model = 'tiny'; Name = 'a' }, @{ Name = 'b' } | ForEach-Object { "$($_.Model) $($_.Configuration)" }
            [pscustomobject] @{ Model = 'tiny'; Name = 'c' } | Measure-ZGeneration @small -Warmup 0 | ForEach-Object { "$($_.Model) $($_.Configuration)" }
            Remove-ZModel $other
            """);

        Assert.Equal(["tiny 1", "other 1", "tiny a", "other b", "tiny c"], texts);
    }

    [Theory]
    [InlineData("Measure-ZGeneration -Suite VramOffload -Row 9 @small", "InvalidSetting,")]
    [InlineData("Measure-ZGeneration -Suite nosuch", "ParameterArgumentTransformationError,")]
    [InlineData("Measure-ZGeneration -Timeout never", "ParameterArgumentTransformationError,")]
    [InlineData("Measure-ZGeneration -Timeout 0", "ParameterArgumentTransformationError,")]
    [InlineData("Measure-ZGeneration -Timeout 100000000", "ParameterArgumentTransformationError,")]
    [InlineData("Measure-ZGeneration -Repeat 0", "ParameterArgumentValidationError,")]
    [InlineData("Measure-ZGeneration -Configuration 'fast'", "ParameterArgumentTransformationError,")]
    [InlineData("Measure-ZGeneration -Model nosuch", "SessionNotFound,")]
    [InlineData("Measure-ZGeneration -BatchSize 17", "InvalidSetting,")]
    public void WhatCannotBeIsAnError(string command, string errorId)
    {
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.Small} try {{ {command} -ErrorAction Stop }} catch {{ $_ }}");

        Assert.StartsWith(errorId, ((ErrorRecord)result.Single.BaseObject).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("([timespan]::FromMilliseconds(100))", "0.1")]
    [InlineData("'0:00:00.1'", "0.1")]
    [InlineData("'0.1'", "0.1")]
    [InlineData("0.1", "0.1")]
    public void ATimeoutIsSecondsOrATimeSpan(string timeout, string seconds)
        => Assert.Equal([$"It took longer than {seconds} s and was stopped."], fixture.Texts($"Measure-ZGeneration -Size 128x128 -Steps 1000 -Timeout {timeout} | ForEach-Object Reason"));

    [Fact]
    public void WhatHasNoEffectIsAWarning()
    {
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.Small} Measure-ZGeneration @small -Row 3 -Warmup 0 -Repeat 2 -Configuration @{{ OffloadMode = 'CondOnly' }}, @{{ OffloadMode = 'CondOnly' }}").ShouldSucceed();

        Assert.Equal(4, result.Output.Count);
        Assert.Collection(result.Warnings,
            warning => Assert.Contains("Row has no effect", warning, StringComparison.Ordinal),
            warning => Assert.Contains("OffloadMode CondOnly has nothing to move", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void ProgressSaysWhichConfigurationAndHoldsThatOfTheRun()
    {
        IReadOnlyList<ProgressRecord> records = fixture.Session.Run("Measure-ZGeneration -Size 64x64 -Steps 40 -Configuration @{ Name = 'a' }, @{ Name = 'b' }").ShouldSucceed().Progress;

        int outer = records[0].ActivityId;
        Assert.Equal(["Configuration 1 of 2: a", "Configuration 2 of 2: b", "Done"], records.Where(r => r.ActivityId == outer).Select(r => r.StatusDescription).Distinct());
        Assert.Equal(["Warming up", "Run 1 of 1"], records.Where(r => r.ParentActivityId == outer).Select(r => r.Activity).Distinct());
        Assert.Equal((outer, ProgressRecordType.Completed), (records[^1].ActivityId, records[^1].RecordType));
    }

    [Fact]
    public async Task StoppingEndsAllAndTheSessionHasItsOwnOptions()
    {
        string[] before = fixture.Texts(Unchanged);
        using Shell shell = fixture.Session.Create("Measure-ZGeneration -Model tiny -Size 64x64 -Steps 1000 -Configuration @{ OffloadMode = 'None'; VramBudget = '2GB' }, @{ Name = 'never' }");
        IAsyncResult run = await CmdletFixture.BeginAndWaitFor(shell, CmdletFixture.IsSampling);
        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Empty(shell.Streams.Error);
        Assert.Equal(before, fixture.Texts(Unchanged));
        Assert.Equal(["a dog"], fixture.Texts("New-ZImage 'a dog' @small -Model tiny | ForEach-Object Prompt"));
    }

    [Fact]
    public void AnErrorWhileWritingEndsItAndTheSessionHasItsOwnOptions()
    {
        string[] before = fixture.Texts(Unchanged);
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.Small} Measure-ZGeneration @small -Warmup 0 -Configuration @{{ VramBudget = '2GB' }}, @{{ Name = 'never' }} | ForEach-Object {{ $_.Configuration; throw 'enough' }}");

        Assert.Equal("enough", result.Ending?.FullyQualifiedErrorId);
        Assert.Single(result.Output);
        Assert.Equal(before, fixture.Texts(Unchanged));
    }
}
