using System.Management.Automation;
using ZImage.Tests.Hosting;
using Shell = System.Management.Automation.PowerShell;

namespace ZImage.Tests.Cmdlets;

/// <summary>
/// Set-ZOffload, Get-ZMemoryPlan, and the options of Import-ZModel and New-ZImage that go with them. On the CPU weights are used where they lie,
/// so it is compute buffers that a budget holds or refuses, and options that move weights have no effect.
/// </summary>
[Collection(CmdletTests.Name)]
public sealed class OffloadCmdletTests(CmdletFixture fixture)
{
    // Mode, switches, reload and both budgets of a session.
    private const string Options = "ForEach-Object { $o = $_.Offload; \"$($o.Mode) $($o.TextEncoderOnCpu) $($o.VaeOnCpu) $($o.Reload) $($o.VramBudget) $($o.RamBudget)\" }";

    [Theory]
    [InlineData("", "Auto False False Auto auto auto")]
    [InlineData("-OffloadMode CondOnly -TextEncoderOnCpu -VaeOnCpu -Reload File -VramBudget 12GB -RamBudget 80%", "CondOnly True True File 12GB 80%")]
    [InlineData("-OffloadMode none -VramBudget -1GB", "None False False Auto -1GB auto")]
    [InlineData("-OffloadMode cond_only -VramBudget '1.5 GB'", "CondOnly False False Auto 1.5GB auto")]
    [InlineData("-OffloadMode COND-DIFFUSION -RamBudget '-512MB'", "CondDiffusion False False Auto auto -512MB")]
    [InlineData("-OffloadMode layer_streaming -Reload memory", "LayerStreaming False False Memory auto auto")]
    [InlineData("-OffloadMode aggressive -VramBudget auto", "Aggressive False False Auto auto auto")]
    [InlineData("-OffloadMode ([enum]::Parse((Get-ZModel tiny).OffloadMode.GetType(), 'CondOnly'))", "CondOnly False False Auto auto auto")]
    public void ImportTakesEveryOption(string options, string expected)
        => Assert.Equal([expected], fixture.Texts($"{CmdletFixture.ImportTiny} {options} | ForEach-Object {{ $_ | {Options}; Remove-ZModel $_ }}"));

    [Fact]
    public void ARowOfACsvFileIsImportedWithWhatItSaysAndDefaultsWhereItIsEmpty()
    {
        string[] texts = fixture.Texts($$"""
            $files = @{ Diffusion = $diffusion; TextEncoder = $encoder; Vae = $vae; Device = 'CPU'; Threads = '1' }
            $full = @{ OffloadMode = 'cond_only'; TextEncoderOnCpu = 'True'; VaeOnCpu = 'false'; Reload = 'file'; VramBudget = '4GB'; RamBudget = '50%' }
            $empty = @{ OffloadMode = ''; TextEncoderOnCpu = ''; VaeOnCpu = ''; Reload = ''; VramBudget = ''; RamBudget = '' }
            [pscustomobject] ($files + $full), [pscustomobject] ($files + $empty), [pscustomobject] ($files + @{ VaeOnCpu = $null }) | Import-ZModel | ForEach-Object { $_ | {{Options}}; Remove-ZModel $_ }
            """, ("diffusion", CmdletFixture.Diffusion), ("encoder", CmdletFixture.TextEncoder), ("vae", CmdletFixture.Vae));

        Assert.Equal(["CondOnly True False File 4GB 50%", "Auto False False Auto auto auto", "Auto False False Auto auto auto"], texts);
    }

    [Fact]
    public void OnlyWhatIsGivenChanges()
    {
        string[] texts = fixture.Texts($$"""
            $model = {{CmdletFixture.ImportTiny}} -Name changing -VaeOnCpu -Reload File
            Set-ZOffload changing -OffloadMode CondOnly -PassThru | {{Options}}
            $model | Set-ZOffload -TextEncoderOnCpu -VramBudget 2GB -PassThru | {{Options}}
            Set-ZOffload -Model $model -VaeOnCpu:$false -VramBudget auto -PassThru | {{Options}}
            @(Set-ZOffload -Reload Auto).Count
            $model | {{Options}}
            Remove-ZModel $model
            """);

        Assert.Equal(
            ["CondOnly False True File auto auto", "CondOnly True True File 2GB auto", "CondOnly True False File auto auto", "0", "CondOnly True False Auto auto auto"], texts);
    }

    [Fact]
    public void TheSizeOfTilesIsTakenBackToAutomatic()
        => Assert.Equal(["128", "128", "none", "64", "none"], fixture.Texts("""
            128, '', 'AUTO', '64', 0 | ForEach-Object { [pscustomobject] @{ Model = 'tiny'; VaeTileSize = $_ } | Set-ZOffload -PassThru | ForEach-Object { "$($_.Offload.VaeTileSize ?? 'none')" } }
            """));

    [Fact]
    public void WhatOneRowSaysIsNotMeantForTheNext()
    {
        string[] texts = fixture.Texts($$"""
            $models = 'one', 'two' | ForEach-Object { {{CmdletFixture.ImportTiny}} -Name $_ -VaeOnCpu }
            [pscustomobject] @{ Model = 'one'; VaeOnCpu = 'true'; VramBudget = '1GB' }, [pscustomobject] @{ Model = 'two'; OffloadMode = 'none' } |
                Set-ZOffload -PassThru | {{Options}}
            $models | Remove-ZModel
            """);

        Assert.Equal(["Auto False True Auto 1GB auto", "None False True Auto auto auto"], texts);
    }

    [Fact]
    public void WhatIfSaysWhatWouldChangeAndChangesNothing()
    {
        string[] texts = fixture.Texts("""
            $before = "$((Get-ZModel tiny).Offload)"
            Get-ZModel tiny | Set-ZOffload -OffloadMode CondOnly -VramBudget 8GB -WhatIf
            "$((Get-ZModel tiny).Offload)" -eq $before
            """);

        Assert.Equal(["True"], texts);
    }

    [Theory]
    [InlineData("-OffloadMode CondOnly", "OffloadMode CondOnly has nothing to move")]
    [InlineData("-TextEncoderOnCpu", "TextEncoderOnCpu and VaeOnCpu change nothing")]
    [InlineData("-Reload File", "Reload and RamBudget change nothing")]
    [InlineData("-VramBudget 900TB", "is more than CPU has free")]
    public void AnOptionWithoutEffectIsAWarning(string option, string warning)
    {
        PowerShellResult import = fixture.Session.Run($"{CmdletFixture.ImportTiny} -Name warned {option}").ShouldSucceed();
        PowerShellResult set = fixture.Session.Run($"$reset = {CmdletFixture.ImportTiny}; Set-ZOffload {option}").ShouldSucceed();
        fixture.Session.Run("Get-ZModel | ForEach-Object { if ($_.Name -ne 'tiny') { Remove-ZModel $_ } }").ShouldSucceed();

        Assert.Contains(warning, Assert.Single(import.Warnings), StringComparison.Ordinal);
        Assert.Contains(warning, Assert.Single(set.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set-ZOffload -VramBudget lots", "VramBudget is 'lots': it is neither a size")]
    [InlineData("Set-ZOffload -VramBudget 12", "less than 1KB")]
    [InlineData("Set-ZOffload -RamBudget '120%'", "RamBudget is '120%'")]
    [InlineData("Set-ZOffload -OffloadMode fast", "'fast' is none of Auto, None, CondOnly")]
    [InlineData("Set-ZOffload -OffloadMode 1", "'1' is none of")]
    [InlineData("Set-ZOffload -Reload disk", "'disk' is none of")]
    [InlineData("Get-ZMemoryPlan -VramBudget lots", "VramBudget is 'lots'")]
    [InlineData("Get-ZMemoryPlan -OffloadMode none, fast", "'fast' is none of")]
    [InlineData("[pscustomobject] @{ VaeOnCpu = 'maybe' } | Set-ZOffload", "'maybe' is neither true nor false")]
    public void WhatIsNoOptionIsAnError(string command, string message)
    {
        PowerShellResult result = fixture.Session.Run($"try {{ {command} -ErrorAction Stop }} catch {{ $_ }}");

        var error = (ErrorRecord)result.Single.BaseObject;
        Assert.StartsWith("ParameterArgumentTransformationError,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABudgetThatDoesNotDoIsAWarningAtOnceAndAnErrorForEachPicture()
    {
        PowerShellResult result = fixture.Session.Run($$"""
            {{CmdletFixture.Small}}
            $small.Count = 2
            $model = {{CmdletFixture.ImportTiny}} -Name narrow
            $model | Set-ZOffload -VramBudget 8KB
            'a', 'b' | New-ZImage @small
            $model | Set-ZOffload -VramBudget auto
            New-ZImage 'c' @small | ForEach-Object Prompt
            Remove-ZModel $model
            """);

        Assert.Contains("does not fit CPU", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Equal(2, result.Errors.Count);
        Assert.All(result.Errors, error =>
        {
            Assert.Equal("BudgetTooSmall,ZImage.PowerShell.Cmdlets.NewZImageCommand", error.FullyQualifiedErrorId);
            Assert.Equal(ErrorCategory.LimitsExceeded, error.CategoryInfo.Category);
            Assert.Equal("MemoryPlan", error.TargetObject.GetType().Name);
            Assert.StartsWith("What would do: a budget of", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        });
        Assert.Equal(["c", "c"], result.Output.Select(o => o.ToString()));
    }

    [Fact]
    public void APlanSaysWhatThePictureThenTakes()
    {
        string[] texts = fixture.Texts("""
            $plan = Get-ZMemoryPlan -Prompt 'a cat that nobody drew' @small
            "$($plan.GetType().Name) $($plan.RequestedMode) $($plan.Mode) $($plan.Device) $($plan.Width)x$($plan.Height) $($plan.Steps) $($plan.BatchSize) $($plan.Fits)"
            $plan.Phases.Phase -join ' '
            $plan.PredictedSeconds -gt 0
            $image = New-ZImage 'a cat that nobody drew' @small
            $image.Plan.PeakBytes -eq $plan.PeakBytes -and $image.PeakDeviceBytes -eq $plan.PeakBytes
            ($image | Get-ZMemoryPlan).PeakBytes -eq $plan.PeakBytes
            """);

        Assert.Equal(["MemoryPlan Auto None CPU 32x32 2 1 True", "Condition Sample Decode", "True", "True", "True"], texts);
    }

    [Theory]
    [InlineData("", "Auto:None")]
    [InlineData("-OffloadMode cond_only, LayerStreaming", "CondOnly:CondOnly LayerStreaming:LayerStreaming")]
    [InlineData("-AllModes", "None:None CondOnly:CondOnly CondDiffusion:CondDiffusion Aggressive:Aggressive LayerStreaming:LayerStreaming")]
    public void PlansAreMadeForTheModesThatWereAsked(string options, string expected)
    {
        Assert.Equal(expected.Split(' '), fixture.Texts($"Get-ZMemoryPlan @small {options} | ForEach-Object {{ \"$($_.RequestedMode):$($_.Mode)\" }}"));
        Assert.Equal(expected.Split(' '), fixture.Texts($"Get-ZModel tiny | Get-ZMemoryPlan @small {options} | ForEach-Object {{ \"$($_.RequestedMode):$($_.Mode)\" }}"));
    }

    [Fact]
    public void APlanLooksAtWhatItIsToldAndMovesNothing()
    {
        string[] texts = fixture.Texts("""
            $before = "$((Get-ZModel tiny).Offload) $((Get-ZModel tiny).DeviceBytes)"
            $plan = Get-ZMemoryPlan @small
            $all = @(
                Get-ZMemoryPlan -Size 64x64 -Steps 2
                Get-ZMemoryPlan @small -BatchSize 4
                Get-ZMemoryPlan @small -CfgScale 3 -NegativePrompt 'a very long text of many words, far longer than a prompt has to be'
            )
            $all | ForEach-Object { $_.Phases[1].PeakBytes -gt $plan.Phases[1].PeakBytes }
            (Get-ZMemoryPlan @small -Sampler heun).Phases[1].Seconds -gt $plan.Phases[1].Seconds
            (Get-ZMemoryPlan @small -Encode).Phases.Phase -join ' '
            $what = Get-ZMemoryPlan @small -VramBudget 8KB
            "$($what.BudgetBytes) $($what.Fits)"
            (Get-ZMemoryPlan @small -VramBudget 900TB).BudgetBytes -eq 900TB
            "$((Get-ZModel tiny).Offload) $((Get-ZModel tiny).DeviceBytes)" -eq $before
            """);

        Assert.Equal(["True", "True", "True", "True", "Encode Condition Sample Decode", "8192 False", "True", "True"], texts);
    }

    [Theory]
    [InlineData("New-ZImage x @small -BatchSize 17 -Count 2", "InvalidSetting")]
    [InlineData("New-ZImage x @small -BatchSize 0", "InvalidSetting")]
    [InlineData("Get-ZMemoryPlan @small -BatchSize 17", "InvalidSetting")]
    [InlineData("Get-ZMemoryPlan -Size 33x32", "InvalidImageSize")]
    [InlineData("Get-ZMemoryPlan nosuch -Model nosuch", "PositionalParameterNotFound")]
    [InlineData("Get-ZMemoryPlan -Model nosuch", "SessionNotFound")]
    [InlineData("Set-ZOffload nosuch -OffloadMode None", "SessionNotFound")]
    [InlineData("Get-ZMemoryPlan -AllModes -OffloadMode None", "AmbiguousParameterSet")]
    public void WhatCannotBeIsAnError(string command, string errorId)
    {
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.Small} try {{ {command} -ErrorAction Stop }} catch {{ $_ }}");

        Assert.StartsWith(errorId + ",", ((ErrorRecord)result.Single.BaseObject).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void PicturesThatAreMadeTogetherComeInTheOrderOfTheirSeeds()
    {
        string[] texts = fixture.Texts("""
            $together = New-ZImage 'a cat' @small -Seed 5 -Count 5 -BatchSize 2
            $alone = New-ZImage 'a cat' @small -Seed 5 -Count 5 -BatchSize 1
            "$($together.Seed)"
            "$($together.Plan.BatchSize)"
            "$($together.PixelHash)" -eq "$($alone.PixelHash)"
            """);

        Assert.Equal(["5 6 7 8 9", "2 2 2 2 1", "True"], texts);
    }

    [Fact]
    public void ProgressSaysWhatIsMadeTogether()
        => Assert.Equal(["Drawing 'a cat' (1 to 2 of 3 together)", "Drawing 'a cat' (3 of 3)"],
            fixture.Session.Run("New-ZImage 'a cat' -Size 64x64 -Steps 40 -Count 3 -BatchSize 2").ShouldSucceed().Progress
                .Select(r => r.Activity).Where(activity => activity.StartsWith("Drawing 'a cat'", StringComparison.Ordinal)).Distinct());

    [Fact]
    public void ABatchOfOnePictureIsAWarning()
        => Assert.Contains("BatchSize has no effect", Assert.Single(fixture.Session.Run($"{CmdletFixture.Small} New-ZImage x @small -BatchSize 4").ShouldSucceed().Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("New-ZImage 'a cat' @small -Count 3 -WhatIf")]
    [InlineData("'a cat', 'a dog' | New-ZImage @small -WhatIf")]
    [InlineData("[pscustomobject] @{ Prompt = 'a cat'; Size = '32x32'; BatchSize = ''; Count = '2' } | New-ZImage -WhatIf")]
    [InlineData("Get-ZModel tiny | New-ZImage 'a cat' @small -WhatIf")]
    [InlineData("& { $WhatIfPreference = $true; New-ZImage 'a cat' @small }")]
    public void WhatIfDrawsNothing(string command) => Assert.Empty(fixture.Session.Run(CmdletFixture.Small + command).ShouldSucceed().Output);

    [Fact]
    public async Task WhatIfPrintsThePlanWhetherItFitsOrNot()
    {
        ChildProcess run = await ChildProcess.RunHostAsync("-Command", $"""
            Import-Module '{Repository.Manifest}'
            $model = {CmdletFixture.ImportTiny} -Name tiny
            Set-ZOffload -OffloadMode CondOnly -WhatIf
            New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 7 -Count 3 -BatchSize 2 -WhatIf
            Set-ZOffload -VramBudget 8KB -WarningAction SilentlyContinue
            New-ZImage 'a cat' -Size 32x32 -Steps 2 -Seed 7 -WhatIf
            """);

        Assert.Equal("", run.Error);
        Assert.Collection(run.Lines,
            line => Assert.Equal("What if: Performing the operation \"Change OffloadMode from Auto to CondOnly\" on target \"tiny\".", line),
            line => Assert.Matches("^What if: Drawing 32x32 with 'tiny' on CPU: seed 7 .*, 2 pictures together", line),
            line => Assert.Matches("^What if: 32x32 on CPU, mode None .chosen by Auto.: at most .* 3 pictures, 2 at a time", line),
            line => Assert.Matches("^What if: Drawing 32x32 .*seed 7", line),
            line => Assert.Matches("^What if: 32x32 on CPU, .*That does not fit: .*BudgetTooSmall", line));
    }

    [Theory]
    [InlineData("Set-ZOffload -OffloadMode c", "CondOnly", "The text encoder leaves after it has read the prompt")]
    [InlineData("Import-ZModel x -OffloadMode ", "LayerStreaming", "the rest comes anew in each step")]
    [InlineData("Get-ZMemoryPlan -OffloadMode A", "Auto", "The fastest")]
    [InlineData("Set-ZOffload -Reload f", "File", "takes next to no memory")]
    [InlineData("Import-ZModel x -VramBudget ", "auto", "less a margin")]
    [InlineData("Set-ZOffload -RamBudget 8", "'80%'", "share")]
    [InlineData("Set-ZOffload -Model t", "tiny", "tiny on CPU")]
    [InlineData("Get-ZMemoryPlan -Sampler heu", "heun", "second order")]
    public void CompletionSaysWhatEachChoiceDoes(string line, string text, string toolTip)
    {
        using Shell shell = fixture.Session.Create("");
        shell.Commands.Clear();

        CompletionResult match = Assert.Single(CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches, m => m.CompletionText == text);
        Assert.Contains(toolTip, match.ToolTip, StringComparison.Ordinal);
    }
}
