using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>New-ZImage's options of sampling: names of other programs, one's own noise levels, fresh noise and random generators.</summary>
[Collection(CmdletTests.Name)]
public sealed class SamplingOptionTests(CmdletFixture fixture)
{
    [Theory]
    [InlineData("-Sampler 'Euler a'", "euler_a flow_match")]
    [InlineData("-Sampler euler_ancestral -Scheduler Normal", "euler_a discrete")]
    [InlineData("-Sampler 'DPM++ 2M Karras'", "dpm++2m karras")]
    [InlineData("-Sampler dpmpp_2m -Scheduler 'SGM Uniform'", "dpm++2m sgm_uniform")]
    public void NamesOfOtherProgramsDo(string options, string expected)
        => Assert.Equal([expected], fixture.Texts($"New-ZImage x {options} @small | ForEach-Object {{ \"$($_.Sampler) $($_.Scheduler)\" }}"));

    [Theory]
    [InlineData("-Sigmas 1, 0.75, 0.5, 0", "3: 1 0.75 0.5 0")]
    [InlineData("-Sigmas 1, 0.75, 0.5", "3: 1 0.75 0.5 0")]
    [InlineData("-Sigmas '1 0.75 0.5'", "3: 1 0.75 0.5 0")]
    [InlineData("-Sigmas '[1.0, 0.75; 0.5, 0]'", "3: 1 0.75 0.5 0")]
    [InlineData("-Sigmas '1', '0.75', 0.5d", "3: 1 0.75 0.5 0")]
    [InlineData("-Sigmas 0.5", "1: 0.5 0")]
    public void NoiseLevelsOfOnesOwnMakeTheSteps(string options, string expected)
    {
        string[] texts = fixture.Texts($$"""
            $image = New-ZImage x -Seed 1 -Size 32x32 {{options}}
            "$($image.Steps): $($image.Sigmas)"
            @($image.Timeline.Entries | Where-Object Phase -EQ Sample).Count
            ($image | New-ZImage).PixelHash -eq $image.PixelHash
            "$($null -eq $image.Scheduler) $($null -eq $image.Shift)"
            """);

        Assert.Equal([expected, expected[..1], "True", "True True"], texts);
    }

    [Fact]
    public void TheLevelsOfAScheduleGivenOneByOneMakeTheSamePicture()
    {
        // The levels of flow_match with shift 1 for four steps.
        string[] hashes = fixture.Texts("""
            (New-ZImage x -Seed 3 -Size 32x32 -Steps 4 -Shift 1).PixelHash
            (New-ZImage x -Seed 3 -Size 32x32 -Sigmas 1, 0.75, 0.5, 0.25).PixelHash
            """);

        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public void ACommaOfAnotherLanguageIsNoDecimalPoint()
    {
        string[] texts = fixture.Texts("""
            $before = [cultureinfo]::CurrentCulture
            [cultureinfo]::CurrentCulture = [cultureinfo]::new('de-DE')
            try { (New-ZImage x -Size 32x32 -Sigmas '1 0.5').Sigmas.Count } finally { [cultureinfo]::CurrentCulture = $before }
            """);

        Assert.Equal(["3"], texts);
        Assert.StartsWith("InvalidSetting,", Assert.Single(fixture.Session.Run("New-ZImage x -Size 32x32 -Sigmas '1 0,5'").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCommandLineCountsMoreThanNoiseLevelsOfThePipeline()
    {
        string[] texts = fixture.Texts("""
            $image = New-ZImage x -Size 32x32 -Sigmas 1, 0.5
            $image | New-ZImage -Steps 3 | ForEach-Object { "$($_.Steps) $($_.Scheduler) $($_.Sigmas.Count)" }
            $image | New-ZImage -Sampler 'DPM++ 2M Karras' -Scheduler simple -WarningAction SilentlyContinue | ForEach-Object { "$($_.Steps) $($_.Scheduler) $($_.Sigmas.Count)" }
            New-ZImage x @small | New-ZImage -Sigmas 1, 0.7, 0.4 | ForEach-Object { "$($_.Steps) $($_.Scheduler) $($_.Sigmas.Count)" }
            """);

        Assert.Equal(["3 flow_match 0", "2 simple 0", "3  4"], texts);
    }

    [Theory]
    [InlineData("-Eta 0.5", "Eta has no effect: the sampler euler takes none.")]
    [InlineData("-Sampler lcm -Eta 0", "Eta has no effect: the sampler lcm takes none.")]
    [InlineData("-Sampler euler_a -Eta 0", null)]
    [InlineData("-Sampler euler_a", null)]
    [InlineData("-NegativePrompt y", "NegativePrompt has no effect: without guidance (a CfgScale above 1) there is nothing to steer away with.")]
    [InlineData("-Scheduler flux -Shift 3", "Shift has no effect: the scheduler flux does not look at it.")]
    [InlineData("-Scheduler flux", null)]
    [InlineData("-Scheduler karras -Shift 5", null)]
    [InlineData("-Sigmas 1, 0.5 -Steps 8", "Steps has no effect: the noise levels are those of Sigmas.")]
    [InlineData("-Sigmas 1, 0.5 -Steps 2", null)]
    [InlineData("-Sigmas 1, 0.5, 0 -Steps 2", null)]
    [InlineData("-Sigmas 1, 0.5 -Scheduler simple -Shift 2 -Steps 1", "Steps and Scheduler and Shift have no effect: the noise levels are those of Sigmas.")]
    [InlineData("-Sigmas 1, 0.5 -Sampler 'Euler Karras'", "The scheduler in the name 'Euler Karras' has no effect: the noise levels are those of Sigmas.")]
    [InlineData("-Scheduler simple -Sampler 'Euler Karras'", "The scheduler in the name 'Euler Karras' has no effect: it is simple.")]
    [InlineData("-Scheduler KARRAS -Sampler 'Euler Karras'", null)]
    [InlineData("-Sampler euler_cfg_pp -CfgScale 1.2", "The sampler euler_cfg_pp is made for a CfgScale from 0 to 1; above it pictures are overdrawn.")]
    [InlineData("-Sampler euler_a_cfg_pp -CfgScale 1", null)]
    [InlineData("-Sampler er_sde -Eta 0.5", "An eta above 0 is the same as 1 for er_sde.")]
    public void AnOptionThatCannotHaveAnEffectIsSpokenOfOnce(string options, string? expected)
    {
        PowerShellResult line = fixture.Session.Run($"1..2 | ForEach-Object {{ \"$_\" }} | New-ZImage -Size 32x32 {options}").ShouldSucceed();

        Assert.Equal(2, line.Output.Count);
        Assert.Equal(expected is null ? [] : [expected], line.Warnings);
    }

    [Fact]
    public void OptionsOfARowThatExcludeEachOtherAreSpokenOf()
    {
        PowerShellResult rows = fixture.Session.Run("""
            [pscustomobject] @{ Prompt = 'a'; Width = 32; Height = 32; Steps = '8'; Sigmas = '1 0.5'; Eta = '1' },
            [pscustomobject] @{ Prompt = 'b'; Width = 32; Height = 32; Steps = '2'; Sigmas = ''; Scheduler = 'flux'; Shift = '2' } | New-ZImage
            """).ShouldSucceed();

        Assert.Equal(
            ["Steps has no effect: the noise levels are those of Sigmas.", "Eta has no effect: the sampler euler takes none.", "Shift has no effect: the scheduler flux does not look at it."],
            rows.Warnings);
    }

    [Fact]
    public void AnImagePipedBackNeedsNoWords()
    {
        PowerShellResult result = fixture.Session.Run(CmdletFixture.Small + """
            $images = @(New-ZImage x @small -Sampler euler_a -Eta 0.5 -Rng Cpu) + @(New-ZImage x @small -Scheduler flux) + @(New-ZImage x -Size 32x32 -Sigmas 1, 0.5)
            $images | ForEach-Object { ($_ | New-ZImage).PixelHash -eq $_.PixelHash }
            $images[0] | New-ZImage -Sampler euler | ForEach-Object { "$($_.Rng) $($_.Eta)" }
            """).ShouldSucceed();

        Assert.Equal(["True", "True", "True", "Cpu 0.5"], result.Output.Select(o => o.ToString()));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void GeneratorsAndFreshNoiseChangeThePicture()
    {
        string[] hashes = fixture.Texts("""
            $same = @{ Prompt = 'x' } + $small
            @(@{}, @{ Rng = 'Cpu' }, @{ Sampler = 'euler_a' }, @{ Sampler = 'euler_a'; Eta = 0.5 }, @{ Sampler = 'euler_a'; Eta = 0 }) |
                ForEach-Object { New-ZImage -Seed 7 @same @_ } | ForEach-Object PixelHash
            (New-ZImage -Seed (7 + 4294967296) @same -Rng Cpu).PixelHash
            """);

        // Without fresh noise it is Euler's method; torch's CPU generator takes 32 bits of the seed.
        Assert.Equal(4, hashes.Distinct().Count());
        Assert.Equal(hashes[0], hashes[4]);
        Assert.Equal(hashes[1], hashes[5]);
    }

    [Fact]
    public void ACfgPlusPlusSamplerTakesTheNegativePromptWhateverTheScale()
    {
        string[] hashes = fixture.Texts("""
            $same = @{ Prompt = 'x'; Seed = 7; Sampler = 'euler_cfg_pp' } + $small
            @(@{ CfgScale = 1 }, @{ CfgScale = 0.5 }, @{ CfgScale = 1; NegativePrompt = 'blurred' }, @{ CfgScale = 0 }, @{ CfgScale = 1; Sampler = 'euler'; NegativePrompt = 'blurred' }, @{ CfgScale = 1; Sampler = 'euler' }) | ForEach-Object {
                $own = $_
                $all = @{}
                foreach ($options in $same, $own) { foreach ($name in $options.Keys) { $all[$name] = $options[$name] } }
                New-ZImage @all
            } | ForEach-Object PixelHash
            """);

        Assert.Equal(5, hashes.Distinct().Count());
        Assert.Equal(hashes[4], hashes[5]);
        Assert.StartsWith("InvalidSetting,", Assert.Single(fixture.Session.Run("New-ZImage x -Size 32x32 -CfgScale 0.5").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("InvalidSetting,", Assert.Single(fixture.Session.Run("New-ZImage x -Size 32x32 -CfgScale -0.1 -Sampler euler_cfg_pp").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Schedule type: flow_match, CFG scale: 1, Shift: 3, Seed: 7, Size: 32x32, Model hash: ", ", RNG: cuda, Pixel hash: ")]
    [InlineData("-Sampler euler_a -Rng Cpu", "Sampler: euler_a, ", ", Eta: 1, RNG: cpu, Pixel hash: ")]
    [InlineData("-Sampler euler_a -Eta 0.25", "Sampler: euler_a, ", ", Eta: 0.25, RNG: cuda, Pixel hash: ")]
    [InlineData("-Scheduler flux", "Schedule type: flux, CFG scale: 1, Seed: 7", ", RNG: cuda, Pixel hash: ")]
    [InlineData("-Sigmas 1, 0.75, 0.5 -WarningAction SilentlyContinue", "Steps: 3, Sampler: euler, Sigmas: 1 0.75 0.5 0, CFG scale: 1, Seed: 7", ", RNG: cuda, Pixel hash: ")]
    public void TheFileKeepsWhatMadeTheImage(string options, string expected, string alsoExpected)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a.png");
        fixture.Texts($"New-ZImage x -Seed 7 @small {options} | Save-ZImage -LiteralPath $path", ("path", path));
        string file = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));

        Assert.Contains(expected, file, StringComparison.Ordinal);
        Assert.Contains(alsoExpected, file, StringComparison.Ordinal);
    }

    [Fact]
    public void StepsThatAScheduleDoesNotHaveAreNotCounted()
    {
        // lcm has 50 levels.
        string[] texts = fixture.Texts("""
            $image = New-ZImage x -Size 16x16 -Steps 60 -Scheduler lcm -Verbose 4>&1 | ForEach-Object { if ($_ -is [Management.Automation.VerboseRecord]) { if ("$_" -match 'levels') { "$_" } } else { $_ } }
            $image[0]
            "$($image[1].Steps) $(@($image[1].Timeline.Entries | Where-Object Phase -EQ Sample).Count)"
            """);

        Assert.Equal(["The scheduler lcm has 50 different noise levels for 60 steps; it takes 50 steps.", "60 50"], texts);
    }
}
